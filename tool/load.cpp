// SPDX-License-Identifier: Apache-2.0
#include "tool/load.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <exception>
#include <functional>
#include <new>
#include <thread>
#include <utility>

#include "base/unique_fd.hpp"
#include "config/text.hpp"
#include "tool/failure.hpp"
#include "tool/signal_queue.hpp"

namespace cmm::tool {
namespace {

constexpr std::array kKinds{std::pair{LoadKind::anon, std::string_view{"anon"}},
                            std::pair{LoadKind::cache, std::string_view{"cache"}},
                            std::pair{LoadKind::dirty, std::string_view{"dirty"}},
                            std::pair{LoadKind::shmem, std::string_view{"shmem"}}};

// Between two rounds over what is held: enough to keep it in use, and the CPU free.
constexpr auto kPause = std::chrono::milliseconds{200};
constexpr std::size_t kBlock = std::size_t{1} << 20U;

std::size_t page_size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

std::size_t whole_pages(Bytes size) { return in_whole_pages(size).count(); }

char* map(std::size_t length, int flags, int fd) {
  void* memory = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (memory == MAP_FAILED) throw failure(errno_error("map", fmt::format("{} bytes", length)));
  return static_cast<char*>(memory);
}

/// Writes to each page: what is only mapped is charged to nobody. Different contents, or same-page merging
/// could make one page of them.
void touch(char* memory, std::size_t length, std::uint64_t& value, Progress* progress) {
  const auto step = page_size();
  for (std::size_t at = 0; at < length; at += step) {
    ++value;
    std::memcpy(memory + at, &value, sizeof value);
    if (progress != nullptr) progress->set(Bytes{at + step});
  }
}

[[noreturn]] void keep_touching(char* memory, std::size_t length, Progress& progress) {
  std::uint64_t value = 0;
  touch(memory, length, value, &progress);
  while (true) {
    std::this_thread::sleep_for(kPause);
    touch(memory, length, value, nullptr);
  }
}

Failure directory_failure(const char* action, const std::string& directory) {
  return failure(errno_error(action, directory), "give another directory on a disk with --directory");
}

UniqueFd nameless_file(const std::string& directory) {
  UniqueFd fd{::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  if (!fd) throw directory_failure("make a file without a name in", directory);
  return fd;
}

void write_all(int fd, std::size_t length, std::uint64_t round, const std::string& directory,
               Progress* progress) {
  const std::vector<char> block(kBlock, static_cast<char>('a' + round % 26));
  for (std::size_t at = 0; at < length;) {
    const auto written = ::pwrite(fd, block.data(), std::min(kBlock, length - at), static_cast<off_t>(at));
    if (written < 0) throw directory_failure("write a file in", directory);
    at += static_cast<std::size_t>(written);
    if (progress != nullptr) progress->set(Bytes{at});
  }
}

void read_piece(int fd, std::uint64_t from, std::vector<char>& piece) {
  for (std::size_t at = 0; at < piece.size();) {
    const auto size = ::pread(fd, piece.data() + at, piece.size() - at, static_cast<off_t>(from + at));
    if (size <= 0) throw failure(errno_error("read", "the file of the load"));
    at += static_cast<std::size_t>(size);
  }
}

/// Like a backup or a log shipper: reads on and on, and nothing twice. The file is one hole, whose pages are
/// cached like others but don't wait for the disk; what lies `length` behind is given back, so that this much
/// is held, and what somebody else frees comes again as new.
[[noreturn]] void hold_cache(std::size_t length, const std::string& directory, Progress& progress) {
  constexpr std::uint64_t kLaps = 64;
  const std::size_t piece_size = whole_pages(Bytes{length / 50});
  const std::uint64_t pieces = std::max<std::uint64_t>(kLaps * length / piece_size, kLaps);
  const std::uint64_t end = pieces * piece_size;
  const auto file = nameless_file(directory);
  if (::ftruncate(file.get(), static_cast<off_t>(end)) != 0) {
    throw directory_failure("make a large file in", directory);
  }
  std::vector<char> piece(piece_size);
  std::uint64_t held = 0;
  for (std::uint64_t at = 0;; at = (at + piece_size) % end) {
    read_piece(file.get(), at, piece);
    if (held < length) {
      held += piece_size;
      progress.set(Bytes{std::min<std::uint64_t>(held, length)});
      continue;
    }
    const auto behind = (at + end - held) % end;
    ::posix_fadvise(file.get(), static_cast<off_t>(behind), static_cast<off_t>(piece_size),
                    POSIX_FADV_DONTNEED);
    std::this_thread::sleep_for(kPause);
  }
}

[[noreturn]] void hold_dirty(std::size_t length, const std::string& directory, Progress& progress) {
  const auto file = nameless_file(directory);
  write_all(file.get(), length, 0, directory, &progress);
  for (std::uint64_t round = 1;; ++round) {
    std::this_thread::sleep_for(kPause);
    write_all(file.get(), length, round, directory, nullptr);
  }
}

[[noreturn]] void hold_shmem(std::size_t length, Progress& progress) {
  const UniqueFd file{::memfd_create("cgroup-tool", MFD_CLOEXEC)};
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(length)) != 0) {
    throw failure(errno_error("make", "shared memory"));
  }
  keep_touching(map(length, MAP_SHARED, file.get()), length, progress);
}

/// Does what a load does, which ends by a failure only.
int report_to(Progress& progress, const std::function<void()>& load) {
  try {
    load();
  } catch (const std::exception& failure) {
    progress.fail(failure.what());
  }
  return 1;
}

}  // namespace

std::string_view to_string(LoadKind kind) {
  return std::ranges::find(kKinds, kind, [](const auto& each) { return each.first; })->second;
}

std::vector<LoadKind> parse_load_kinds(const std::string& text) {
  std::vector<LoadKind> kinds;
  std::string_view rest{text};
  while (true) {
    const auto word = rest.substr(0, rest.find(','));
    const auto* known = std::ranges::find(kKinds, word, [](const auto& each) { return each.second; });
    if (word == "mixed") {
      for (const auto& each : kKinds) kinds.push_back(each.first);
    } else if (known != kKinds.end()) {
      kinds.push_back(known->first);
    } else {
      throw usage(
          fmt::format("--kind: {}: no such kind; accepted: anon, cache, dirty, shmem, several of them "
                      "with commas, or mixed for all",
                      in_quotes(word)));
    }
    if (word.size() == rest.size()) break;
    rest.remove_prefix(word.size() + 1);
  }
  std::ranges::sort(kinds);
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  return kinds;
}

Bytes in_whole_pages(Bytes size) {
  return Bytes{std::max<std::size_t>((size.count() + page_size() - 1) / page_size(), 1) * page_size()};
}

Progress::Progress() : shared_(new (map(page_size(), MAP_SHARED | MAP_ANONYMOUS, -1)) Shared) {}

Progress::~Progress() { ::munmap(static_cast<void*>(shared_), page_size()); }

void Progress::fail(std::string_view why) {
  // The last byte stays the end of the text.
  why.copy(shared_->why.data(), shared_->why.size() - 1);
}

std::string Progress::end_text(int status) const {
  if (WIFSIGNALED(status)) return "was ended by " + signal_name(WTERMSIG(status));
  if (shared_->why.front() != '\0') return fmt::format("failed: {}", shared_->why.data());
  return fmt::format("ended with code {}", WEXITSTATUS(status));
}

void volunteer_for_oom() {
  const UniqueFd file{::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
  constexpr std::string_view kFirst = "1000";
  static_cast<void>(::write(file.get(), kFirst.data(), kFirst.size()));
}

int grow_anonymous(Bytes size, Progress& progress) {
  return report_to(progress, [&] {
    const auto length = whole_pages(size);
    auto* memory = map(length, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    // A huge page would be charged at its first touch, and the last step before the limit seen 2 MiB too
    // early.
    ::madvise(memory, length, MADV_NOHUGEPAGE);
    std::uint64_t value = 0;
    touch(memory, length, value, &progress);
    // Stays until the tool has looked.
    ::pause();
  });
}

int hold(LoadKind kind, Bytes size, const std::string& directory, Progress& progress) {
  const auto length = whole_pages(size);
  return report_to(progress, [&] {
    switch (kind) {
      case LoadKind::anon:
        keep_touching(map(length, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1), length, progress);
      case LoadKind::cache:
        hold_cache(length, directory, progress);
      case LoadKind::dirty:
        hold_dirty(length, directory, progress);
      case LoadKind::shmem:
        hold_shmem(length, progress);
    }
  });
}

}  // namespace cmm::tool
