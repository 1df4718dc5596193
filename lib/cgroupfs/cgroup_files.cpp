// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/cgroup_files.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "base/error.hpp"

namespace cmm {
namespace {

rlim_t descriptor_limit() {
  static const rlim_t limit = [] {
    rlimit files{};
    return ::getrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_cur : rlim_t{1024};
  }();
  return limit;
}

bool is_among_the_last(const UniqueFd& fd, rlim_t count) {
  return static_cast<rlim_t>(fd.get()) + count >= descriptor_limit();
}

std::error_code ensure_open(UniqueFd& fd, int dir, const char* name) {
  if (fd) return {};
  auto opened = open_at(dir, name, O_RDONLY);
  if (!opened) return opened.error();
  fd = std::move(*opened);
  return {};
}

// No file, no limit: but only where the cgroup itself is still there, which the caller's other reads show.
Io<Limit> limit_of(Io<std::string_view> text) {
  if (!text) {
    if (text.error() == std::errc::no_such_file_or_directory) return Limit::max();
    return tl::unexpected{text.error()};
  }
  const auto limit = parse_limit(*text);
  if (!limit) return tl::unexpected{std::make_error_code(std::errc::bad_message)};
  return *limit;
}

}  // namespace

bool is_scarce(const UniqueFd& fd) {
  // Left for what can't be opened again for each use: the branches.
  constexpr rlim_t kReserve = 256;
  return is_among_the_last(fd, std::min(kReserve, descriptor_limit() / 2));
}

bool is_reserved(const UniqueFd& fd) {
  // Left for what is open for a moment: reclaims in flight, listings, a scrape, files that are opened for one
  // read.
  constexpr rlim_t kReserve = 64;
  return is_among_the_last(fd, std::min(kReserve, descriptor_limit() / 4));
}

Io<std::string_view> HeldFile::read_line(ControlFileReader& reader, int dir, const char* name) {
  if (const auto error = ensure_open(fd, dir, name)) return tl::unexpected{error};
  return reader.read_line(fd.get());
}

Io<std::string_view> HeldFile::read_all(ControlFileReader& reader, int dir, const char* name) {
  if (const auto error = ensure_open(fd, dir, name)) return tl::unexpected{error};
  return reader.read_all(fd.get());
}

Io<MemoryStat> read_memory_stat(HeldFile& file, ControlFileReader& reader, const MemoryInterface& interface,
                                int dir) {
  const auto first = file.read_line(reader, dir, interface.stat);
  if (!first) return tl::unexpected{first.error()};
  auto stat = parse_memory_stat(*first, interface.stat_keys);
  if (!stat || !has_all(*stat, interface.stat_keys)) {
    const auto whole = file.read_all(reader, dir, interface.stat);
    if (!whole) return tl::unexpected{whole.error()};
    stat = parse_memory_stat(*whole, interface.stat_keys);
  }
  if (!stat || !interface.reclaimable(*stat))
    return tl::unexpected{std::make_error_code(std::errc::bad_message)};
  return *stat;
}

std::optional<Bytes> find_refaults(std::string_view stat, const MemoryInterface& interface) {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  for (const auto key : interface.refault_keys) {
    const auto pages = find_value(stat, key);
    if (pages && *pages <= std::numeric_limits<std::uint64_t>::max() / page) return Bytes{*pages * page};
  }
  return std::nullopt;
}

Io<UniqueFd> open_cgroup(int parent_dir, const char* name, CgroupId expected) {
  auto dir = open_at(parent_dir, name, O_PATH | O_DIRECTORY);
  if (!dir) return dir;
  const auto state = directory_state(dir->get());
  if (!state) return tl::unexpected{state.error()};
  if (state->id != expected)
    return tl::unexpected{std::make_error_code(std::errc::no_such_file_or_directory)};
  return dir;
}

Io<DirectoryState> directory_state(int dir) {
  struct stat state {};
  if (::fstat(dir, &state) != 0) return tl::unexpected{last_error()};
  // "." and the name in the parent directory are the first two links.
  const auto children = state.st_nlink > 2 ? state.st_nlink - 2 : 0;
  return DirectoryState{CgroupId{state.st_ino}, children};
}

bool may_have_children(int dir) {
  const auto state = directory_state(dir);
  return !state || state->children > 0;
}

Io<Limit> LimitFiles::read(ControlFileReader& reader, const MemoryInterface& interface, int dir,
                           LimitLook look) {
  if (!hard_ || look != LimitLook::remember) {
    const auto hard = limit_of(hard_file_.read_line(reader, dir, interface.limit));
    if (hard_file_.fd && is_scarce(hard_file_.fd)) close();
    if (!hard) return hard;
    hard_ = *hard;
  }
  if (!high_ || look == LimitLook::all) {
    const auto high =
        interface.high != nullptr ? limit_of(reader.read_at(dir, interface.high)) : Limit::max();
    if (!high) return high;
    high_ = *high;
  }
  return tighter(*hard_, *high_);
}

void LimitFiles::remember(Limit hard) {
  hard_ = hard;
  close();
}

}  // namespace cmm
