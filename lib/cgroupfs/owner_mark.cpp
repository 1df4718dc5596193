// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/owner_mark.hpp"

#include <fmt/format.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>

#include "cgroupfs/directory.hpp"
#include "cgroupfs/text_file.hpp"

namespace cmm {
namespace {

// user.* is for everybody, but only newer kernels take it on a cgroup; trusted.* needs CAP_SYS_ADMIN.
constexpr std::array kAttributes{"user.cgroup-tool", "trusted.cgroup-tool"};

// Behind the identity in the mark of a parent.
constexpr std::string_view kParent = " parent";

std::string pid_namespace() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
}

Result<ProcessStart> start_of(const std::string& process) {
  const auto path = "/proc/" + process + "/stat";
  const auto text = read_file(path);
  if (!text) return tl::unexpected{text.error()};
  const auto start = parse_process_stat(*text);
  if (!start) return tl::unexpected{Error{std::make_error_code(std::errc::bad_message), "parse", path}};
  return *start;
}

/// Only where that is certain.
bool is_dead(const ProcessStart& process) {
  const auto now = start_of(std::to_string(process.pid));
  if (now) return *now != process;
  return is_gone(now.error().code) || now.error().code == std::errc::no_such_process;
}

std::optional<std::string> read_mark(const std::string& directory) {
  std::array<char, 128> value{};
  for (const auto* name : kAttributes) {
    const auto size = ::getxattr(directory.c_str(), name, value.data(), value.size());
    if (size > 0) return std::string{value.data(), static_cast<std::size_t>(size)};
  }
  return std::nullopt;
}

/// Nothing where whoever made it lives, or where that can't be seen from here.
std::optional<MadeAs> made_by_a_dead_one(std::string_view text) {
  const auto mark = parse_owner_mark(text);
  if (!mark || mark->pid_namespace != pid_namespace() || !is_dead(mark->maker)) return std::nullopt;
  return mark->made_as;
}

/// "pid:[4026531836]"
bool is_pid_namespace(std::string_view text) {
  constexpr std::string_view kStart = "pid:[";
  if (!text.starts_with(kStart) || !text.ends_with(']')) return false;
  text = text.substr(kStart.size(), text.size() - kStart.size() - 1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The number, as std::to_string writes it, before the next blank; both are cut off.
template <class T>
std::optional<T> take_number(std::string_view& text) {
  T number = 0;
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + blank, number);
  if (error != std::errc{} || std::to_string(number) != text.substr(0, blank)) return std::nullopt;
  text.remove_prefix(blank + 1);
  return number;
}

}  // namespace

std::string to_string(const OwnerMark& mark) {
  const auto* parent = mark.made_as == MadeAs::parent ? kParent.data() : "";
  return fmt::format("{} {} {}{}", mark.maker.pid, mark.maker.ticks, mark.pid_namespace, parent);
}

std::optional<OwnerMark> parse_owner_mark(std::string_view text) {
  OwnerMark mark;
  if (text.ends_with(kParent)) {
    mark.made_as = MadeAs::parent;
    text.remove_suffix(kParent.size());
  }
  const auto pid = take_number<pid_t>(text);
  const auto ticks = take_number<std::uint64_t>(text);
  if (!pid || *pid <= 0 || !ticks || !is_pid_namespace(text)) return std::nullopt;
  mark.maker = {*pid, *ticks};
  mark.pid_namespace = text;
  return mark;
}

Result<void> mark_as_made(const std::string& mount, const std::string& path, MadeAs made_as) {
  const auto directory = mount + "/" + path;
  const auto self = start_of("self");
  if (!self) return tl::unexpected{self.error()};
  const auto value = to_string(OwnerMark{*self, pid_namespace(), made_as});
  for (const auto* name : kAttributes) {
    if (::setxattr(directory.c_str(), name, value.data(), value.size(), 0) == 0) return {};
  }
  return tl::unexpected{errno_error("set an attribute of", directory)};
}

void unmark(const std::string& mount, const std::string& path) {
  const auto directory = mount + "/" + path;
  for (const auto* name : kAttributes) ::removexattr(directory.c_str(), name);
}

Result<std::vector<StaleCgroup>> find_stale(const std::string& mount) {
  const auto tree = list_cgroup_tree(mount, "");
  if (!tree) return tl::unexpected{Error{tree.error(), "list", mount}};
  std::vector<StaleCgroup> stale;
  for (auto path = tree->rbegin(); path != tree->rend(); ++path) {
    const auto mark = read_mark(mount + "/" + *path);
    const auto made_as = mark ? made_by_a_dead_one(*mark) : std::nullopt;
    if (made_as) stale.push_back({*path, *made_as});
  }
  return stale;
}

}  // namespace cmm
