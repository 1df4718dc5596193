// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/swappiness_journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cgroupfs/control_file.hpp"

namespace cmm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFilePrefix = "swappiness.";

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(' ')) return false;
  text.remove_prefix(1);
  return true;
}

// "+ INODE VALUE PATH" was changed, "- INODE VALUE PATH" was put back.
std::optional<Swappiness> parse_record(std::string_view line) {
  line.remove_prefix(2);
  Swappiness record;
  if (!take_number(line, record.id.inode) || !take_number(line, record.value) || line.empty())
    return std::nullopt;
  record.path = line;
  return record;
}

std::string record(char sign, const Swappiness& entry) {
  return fmt::format("{} {} {} {}\n", sign, entry.id.inode, entry.value, entry.path);
}

Io<UniqueFd> open_locked(const std::string& path, int flags) {
  constexpr mode_t kOwnerOnly = 0600;
  UniqueFd file{::open(path.c_str(), flags | O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly)};
  if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return tl::unexpected{last_error()};
  return file;
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

SwappinessJournal::SwappinessJournal(std::string path, UniqueFd file)
    : path_(std::move(path)), file_(std::move(file)) {}

Result<std::unique_ptr<SwappinessJournal>> SwappinessJournal::open(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return tl::unexpected{Error{error, "make the runtime directory", directory}};
  const auto path = fmt::format("{}/{}{}", directory, kFilePrefix, ::getpid());
  auto file = open_locked(path, O_CREAT);
  if (!file) return tl::unexpected{Error{file.error(), "open", path}};
  std::unique_ptr<SwappinessJournal> journal{new SwappinessJournal{path, std::move(*file)}};
  if (auto adopted = journal->adopt(directory); !adopted) return tl::unexpected{adopted.error()};
  return journal;
}

SwappinessJournal::~SwappinessJournal() {
  if (open_records_ == 0) ::unlink(path_.c_str());
}

// What is adopted is written to this journal before the dead one's file goes: a kill in between leaves two
// records of one value, which does no harm.
Result<void> SwappinessJournal::adopt(const std::string& directory) {
  std::error_code error;
  ControlFileReader reader;
  for (const auto& entry : fs::directory_iterator{directory, error}) {
    const auto path = entry.path().string();
    if (!entry.path().filename().string().starts_with(kFilePrefix)) continue;
    // A process id comes round again: the file of a dead process with our id is ours already.
    const bool own = path == path_;
    auto locked = own ? Io<UniqueFd>{UniqueFd{::dup(file_.get())}} : open_locked(path, 0);
    if (!locked) continue;  // its owner lives
    const auto text = reader.read_all(locked->get());
    if (!text) return tl::unexpected{Error{text.error(), "read", path}};
    // What is appended has to begin a line of its own.
    if (own && !text->empty() && !text->ends_with('\n')) {
      if (auto ended = append("\n"); !ended) return ended;
    }
    for (const auto& orphan : open_records(*text)) {
      if (own) {
        ++open_records_;
      } else if (auto added = add(orphan); !added) {
        return added;
      }
      orphans_.push_back(orphan);
    }
    if (!own) ::unlink(path.c_str());
  }
  if (error) return tl::unexpected{Error{error, "list", directory}};
  return {};
}

Result<void> SwappinessJournal::append(std::string_view record) {
  if (const auto error = write_control(file_.get(), record))
    return tl::unexpected{Error{error, "write", path_}};
  return {};
}

Result<void> SwappinessJournal::add(const Swappiness& old) {
  const std::lock_guard lock{mutex_};
  auto added = append(record('+', old));
  if (added) ++open_records_;
  return added;
}

void SwappinessJournal::remove(const Swappiness& old) {
  const std::lock_guard lock{mutex_};
  if (open_records_ > 0) --open_records_;
  // With nothing open the journal starts anew and can't grow for ever. Where the record can't be written, the
  // value is put back once more at the next start, if it is still 0 then.
  if (open_records_ == 0) {
    if (::ftruncate(file_.get(), 0) == 0) return;
  }
  static_cast<void>(append(record('-', old)));
}

}  // namespace cmm
