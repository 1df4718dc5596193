// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/swappiness_journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/foreign_writer.hpp"
#include "cgroupfs/control_file.hpp"

namespace cmm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFilePrefix = "swappiness.";
// The kernel takes no more, so that no record can hold more.
constexpr std::uint64_t kMostSwappiness = 200;
// Of a file in memory, as /run is: what is left of it is written once more beyond that.
constexpr std::uint64_t kShortenAt = 1 << 20;

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(' ')) return false;
  text.remove_prefix(1);
  return true;
}

/// Names that the kernel would never give to a cgroup lead elsewhere.
bool stays_below(std::string_view path) {
  while (true) {
    const auto end = path.find('/');
    const auto name = path.substr(0, end);
    if (name.empty() || name == "." || name == "..") return false;
    if (end == std::string_view::npos) return true;
    path.remove_prefix(end + 1);
  }
}

// "+ INODE VALUE PATH" was changed, "- INODE VALUE PATH" was put back.
std::optional<Swappiness> parse_record(std::string_view line) {
  line.remove_prefix(2);
  Swappiness record;
  if (!take_number(line, record.id.inode) || !take_number(line, record.value) || line.empty() ||
      record.value > kMostSwappiness) {
    return std::nullopt;
  }
  record.path = line;
  return stays_below(record.path) ? std::optional{record} : std::nullopt;
}

std::string record(char sign, const Swappiness& entry) {
  return fmt::format("{} {} {} {}\n", sign, entry.id.inode, entry.value, entry.path);
}

std::uint64_t size_of(int file) {
  struct stat state {};
  return ::fstat(file, &state) == 0 ? static_cast<std::uint64_t>(state.st_size) : 0;
}

/// One that was removed between the opening and the lock is as good as one that wasn't there: its owner has
/// ended in good order, or has another one now.
bool is_removed(int file) {
  struct stat state {};
  return ::fstat(file, &state) != 0 || state.st_nlink == 0;
}

Io<UniqueFd> open_locked(int dir, const std::string& name, int flags) {
  constexpr mode_t kOwnerOnly = 0600;
  constexpr int kAlways = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  UniqueFd file{::openat(dir, name.c_str(), flags | kAlways, kOwnerOnly)};
  if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return tl::unexpected{last_error()};
  if (is_removed(file.get()))
    return tl::unexpected{std::make_error_code(std::errc::no_such_file_or_directory)};
  return file;
}

/// Why a journal isn't believed, and the remedy: who writes it says to which cgroups root writes.
std::optional<std::string> distrust(int file, const std::string& path) {
  struct stat state {};
  if (::fstat(file, &state) != 0 || !S_ISREG(state.st_mode)) return "it is no regular file; rm -r " + path;
  return foreign_writer(file, path);
}

std::optional<std::string> unopened(std::error_code error, const std::string& path) {
  return fmt::format("it can't be opened: {}; rm -r {}", error.message(), path);
}

}  // namespace

std::vector<Swappiness> open_records(std::string_view journal) {
  std::vector<Swappiness> records;
  while (true) {
    const auto end = journal.find('\n');
    if (end == std::string_view::npos) return records;
    const auto line = journal.substr(0, end);
    journal.remove_prefix(end + 1);
    const bool added = line.starts_with("+ ");
    if (!added && !line.starts_with("- ")) continue;
    const auto entry = parse_record(line);
    if (!entry) continue;
    if (added) {
      records.push_back(*entry);
    } else if (const auto same = std::find(records.begin(), records.end(), *entry); same != records.end()) {
      records.erase(same);
    }
  }
}

SwappinessJournal::SwappinessJournal(std::string directory, UniqueFd dir)
    : directory_(std::move(directory)),
      dir_(std::move(dir)),
      own_(fmt::format("{}{}", kFilePrefix, ::getpid())),
      shorten_at_(kShortenAt) {}

Result<std::unique_ptr<SwappinessJournal>> SwappinessJournal::open(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return tl::unexpected{Error{error, "make the runtime directory", directory}};
  auto dir = open_at(AT_FDCWD, directory.c_str(), O_PATH | O_DIRECTORY);
  if (!dir) return tl::unexpected{Error{dir.error(), "open the runtime directory", directory}};
  std::unique_ptr<SwappinessJournal> journal{new SwappinessJournal{directory, std::move(*dir)}};
  if (auto opened = journal->open_own(); !opened) return tl::unexpected{opened.error()};
  if (auto adopted = journal->adopt(); !adopted) return tl::unexpected{adopted.error()};
  return journal;
}

SwappinessJournal::~SwappinessJournal() {
  if (file_ && open_.empty()) ::unlinkat(dir_.get(), own_.c_str(), 0);
}

Result<void> SwappinessJournal::open_own() {
  auto file = open_locked(dir_.get(), own_, O_CREAT);
  if (!file) return tl::unexpected{Error{file.error(), "open", path_of(own_)}};
  if (const auto why = distrust(file->get(), path_of(own_))) {
    return tl::unexpected{Error{std::make_error_code(std::errc::operation_not_permitted), "trust",
                                fmt::format("{} ({})", path_of(own_), *why)}};
  }
  file_ = std::move(*file);
  return {};
}

Result<void> SwappinessJournal::adopt() {
  if (auto adopted = adopt_own(); !adopted) return adopted;
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{directory_, error}) {
    auto name = entry.path().filename().string();
    if (name.starts_with(kFilePrefix) && name != own_) names.push_back(std::move(name));
  }
  if (error) return tl::unexpected{Error{error, "list", directory_}};
  for (const auto& name : names) {
    if (auto adopted = adopt(name); !adopted) return adopted;
  }
  return {};
}

// A process id comes round again: the file of a dead process with our id is ours already.
Result<void> SwappinessJournal::adopt_own() {
  ControlFileReader reader;
  const auto text = reader.read_all(file_.get());
  if (!text) return tl::unexpected{Error{text.error(), "read", path_of(own_)}};
  orphans_ = open_records(*text);
  open_ = orphans_;
  // What is appended has to begin a line of its own.
  if (!text->empty() && !text->ends_with('\n')) return append("\n");
  return {};
}

// What is adopted is written to this journal before the dead one's file goes: a kill in between leaves two
// records of one value, which does no harm.
Result<void> SwappinessJournal::adopt(const std::string& name) {
  const auto file = open_locked(dir_.get(), name, 0);
  // Its owner lives, has ended just now, or is another user, whose values this one can't put back anyway.
  if (!file && (file.error() == std::errc::operation_would_block || is_gone(file.error()) ||
                is_denied(file.error()))) {
    return {};
  }
  const auto why = file ? distrust(file->get(), path_of(name)) : unopened(file.error(), path_of(name));
  if (why) {
    refused_.push_back(fmt::format("cannot trust {}: {}", path_of(name), *why));
    return {};
  }
  ControlFileReader reader;
  const auto text = reader.read_all(file->get());
  if (!text) return tl::unexpected{Error{text.error(), "read", path_of(name)}};
  for (const auto& orphan : open_records(*text)) {
    if (auto added = add(orphan); !added) return added;
    orphans_.push_back(orphan);
  }
  ::unlinkat(dir_.get(), name.c_str(), 0);
  return {};
}

Result<void> SwappinessJournal::append(std::string_view record) {
  struct stat before {};
  const bool known = ::fstat(file_.get(), &before) == 0;
  const auto error = write_control(file_.get(), record);
  if (!error) return {};
  // On a full disk a part may have been written, with which the next record would make one line.
  if (known) static_cast<void>(::ftruncate(file_.get(), before.st_size));
  return tl::unexpected{Error{error, "write", path_of(own_)}};
}

Result<void> SwappinessJournal::add(const Swappiness& old) {
  const std::lock_guard lock{mutex_};
  auto added = append(record('+', old));
  if (added) open_.push_back(old);
  return added;
}

void SwappinessJournal::remove(const Swappiness& old) {
  const std::lock_guard lock{mutex_};
  if (const auto same = std::ranges::find(open_, old); same != open_.end()) {
    std::swap(*same, open_.back());
    open_.pop_back();
  }
  // Where the record can't be written, the value is put back once more at the next start, if it is still 0
  // then.
  if (open_.empty() && ::ftruncate(file_.get(), 0) == 0) return;
  static_cast<void>(append(record('-', old)));
  if (size_of(file_.get()) > shorten_at_) shorten();
}

// It takes the old one's place when it is whole: a kill before that leaves both, which does no harm. Where it
// can't be written, the old one goes on, and is tried again when it is twice as long.
void SwappinessJournal::shorten() {
  std::string text;
  for (const auto& entry : open_) text += record('+', entry);
  shorten_at_ = std::max(kShortenAt, 2 * size_of(file_.get()));
  const auto next = own_ + ".next";
  auto file = open_locked(dir_.get(), next, O_CREAT | O_EXCL);
  if (!file) return;
  if (write_control(file->get(), text) ||
      ::renameat(dir_.get(), next.c_str(), dir_.get(), own_.c_str()) != 0) {
    ::unlinkat(dir_.get(), next.c_str(), 0);
    return;
  }
  file_ = std::move(*file);
  shorten_at_ = std::max(kShortenAt, 2 * std::uint64_t{text.size()});
}

}  // namespace cmm
