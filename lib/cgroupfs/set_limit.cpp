// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/set_limit.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "cgroupfs/control_file.hpp"
#include "cgroupfs/memory_interface.hpp"
#include "cgroupfs/parse.hpp"

namespace cmm {
namespace {

using std::chrono::microseconds;

constexpr const char* kMemoryAndSwap = "memory.memsw.limit_in_bytes";
constexpr const char* kQuota = "cpu.cfs_quota_us";
constexpr const char* kPeriod = "cpu.cfs_period_us";

tl::unexpected<LimitRefused> no_such_thing(std::string why) {
  return tl::unexpected{LimitRefused{std::make_error_code(std::errc::not_supported), std::move(why)}};
}

tl::unexpected<LimitRefused> failed_to(std::error_code code, const char* action, const std::string& file) {
  return tl::unexpected{LimitRefused{code, Error{code, action, file}.message()}};
}

/// The control files of one cgroup, by name.
class Files {
 public:
  Files(const Hierarchy& hierarchy, const std::string& path)
      : directory_(hierarchy.mount + "/" + path + "/") {}

  [[nodiscard]] bool has(const char* name) const { return ::access(of(name).c_str(), F_OK) == 0; }

  /// The first line, without its end.
  Limited<std::string> read(const char* name) {
    return content(name).and_then([&](const std::string_view text) -> Limited<std::string> {
      const auto end = text.find('\n');
      if (end == std::string_view::npos) return makes_no_sense(name);
      return std::string{text.substr(0, end)};
    });
  }

  Limited<void> write(const char* name, const std::string& text) const {
    const auto fd = open_at(AT_FDCWD, of(name).c_str(), O_WRONLY);
    if (!fd) return failed_to(fd.error(), "open", of(name));
    if (const auto error = write_control(fd->get(), text)) {
      return failed_to(error, fmt::format("write {} to", text).c_str(), of(name));
    }
    return {};
  }

  /// Returns the first line that was there before.
  Limited<std::string> replace(const char* name, const std::string& text) {
    return read(name).and_then(
        [&](const std::string& before) { return write(name, text).map([&] { return before; }); });
  }

  Limited<Limit> read_limit(const char* name) {
    return content(name).and_then([&](const std::string_view text) -> Limited<Limit> {
      const auto limit = parse_set_limit(text);
      if (!limit) return makes_no_sense(name);
      return *limit;
    });
  }

 private:
  [[nodiscard]] std::string of(const char* name) const { return directory_ + name; }

  [[nodiscard]] tl::unexpected<LimitRefused> makes_no_sense(const char* name) const {
    return failed_to(std::make_error_code(std::errc::bad_message), "parse", of(name));
  }

  Limited<std::string_view> content(const char* name) {
    const auto text = reader_.read_at(AT_FDCWD, of(name).c_str());
    if (!text) return failed_to(text.error(), "read", of(name));
    return *text;
  }

  std::string directory_;
  ControlFileReader reader_;
};

struct Line {
  const char* file;
  std::string text;
};

/// Writes all of them, in this order. Where one is refused, those before it get back what was in them, the
/// last one first: so each goes back in a state in which it has been before.
Limited<void> write_all_or_none(Files& files, const std::vector<Line>& lines) {
  std::vector<Line> before;
  for (const auto& [file, text] : lines) {
    const auto replaced = files.replace(file, text);
    if (!replaced) {
      for (auto each = before.rbegin(); each != before.rend(); ++each) {
        static_cast<void>(files.write(each->file, each->text));
      }
      return tl::unexpected{replaced.error()};
    }
    before.push_back({file, *replaced});
  }
  return {};
}

std::string text_of(CgroupVersion version, Limit limit) {
  if (limit.is_max()) return version == CgroupVersion::v1 ? "-1" : "max";
  return std::to_string(limit.value_or(Bytes{}).count());
}

Limited<LimitSet> read_back(Files& files, const char* file, Limit asked) {
  return files.read_limit(file).map([&](Limit held) { return LimitSet{file, asked, held}; });
}

Limited<LimitSet> write_and_read_back(Files& files, const char* file, const std::string& text, Limit asked) {
  return files.write(file, text).and_then([&] { return read_back(files, file, asked); });
}

bool limits_swap(Files& files) {
  const auto both = files.read_limit(kMemoryAndSwap);
  return both && !both->is_max();
}

/// v1's limit of memory and swap together that leaves as much room for swap as the one before.
Limited<Limit> memory_and_swap_along_with(Files& files, Limit memory) {
  auto both = files.read_limit(kMemoryAndSwap);
  if (!both || both->is_max()) return both;
  auto before = files.read_limit(memory_interface(CgroupVersion::v1).limit);
  if (!before) return before;
  if (memory.is_max() || before->is_max()) return Limit::max();
  return Limit{memory.value_or(Bytes{}) + (both->value_or(Bytes{}) - before->value_or(Bytes{}))};
}

// The kernel wants memory + swap never to be below memory: whichever grows goes first.
Limited<LimitSet> set_memory_max_v1(Files& files, Limit limit) {
  const auto* file = memory_interface(CgroupVersion::v1).limit;
  const auto text = text_of(CgroupVersion::v1, limit);
  if (!files.has(kMemoryAndSwap)) return write_and_read_back(files, file, text, limit);
  const auto before = files.read_limit(file);
  const bool limited_swap = limits_swap(files);
  const auto both = memory_and_swap_along_with(files, limit);
  if (!before || !both) return tl::unexpected{before ? both.error() : before.error()};
  std::vector<Line> lines{{file, text}, {kMemoryAndSwap, text_of(CgroupVersion::v1, *both)}};
  const bool grows = !before->is_max() && tighter(*before, limit) == *before;
  if (grows) std::ranges::reverse(lines);
  const auto written = write_all_or_none(files, lines);
  if (!written) return tl::unexpected{written.error()};
  auto set = read_back(files, file, limit);
  if (set) set->swap_limit_gone = limited_swap && both->is_max();
  return set;
}

Limited<LimitSet> set_swap_max_v1(Files& files, Limit limit) {
  if (!files.has(kMemoryAndSwap)) {
    return no_such_thing(
        fmt::format("this kernel doesn't count swap by cgroup: there is no {} (boot with swapaccount=1)",
                    kMemoryAndSwap));
  }
  if (limit.is_max()) return write_and_read_back(files, kMemoryAndSwap, "-1", limit);
  const auto memory = files.read_limit(memory_interface(CgroupVersion::v1).limit);
  if (!memory) return tl::unexpected{memory.error()};
  if (memory->is_max()) {
    auto refusal =
        no_such_thing("cgroup v1 limits swap only together with memory, and this cgroup has no memory limit");
    refusal.value().needs_memory_limit = true;
    return refusal;
  }
  const auto both = memory->value_or(Bytes{}) + limit.value_or(Bytes{});
  auto set = write_and_read_back(files, kMemoryAndSwap, std::to_string(both.count()), limit);
  if (set && !set->held.is_max()) set->held = Limit{set->held.value_or(Bytes{}) - memory->value_or(Bytes{})};
  return set;
}

std::optional<long long> parse_length(std::string_view text) {
  long long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

std::optional<CpuMax> parse_cpu_max(std::string_view quota, std::string_view period) {
  const auto length = parse_length(period);
  if (!length) return std::nullopt;
  CpuMax max{.quota = std::nullopt, .period = microseconds{*length}};
  if (quota == "max" || quota == "-1") return max;
  const auto number = parse_length(quota);
  if (!number) return std::nullopt;
  max.quota = microseconds{*number};
  return max;
}

std::optional<CpuMax> read_cpu_max(Files& files, CgroupVersion version) {
  if (version == CgroupVersion::v1) {
    const auto quota = files.read(kQuota);
    const auto period = files.read(kPeriod);
    return quota && period ? parse_cpu_max(*quota, *period) : std::nullopt;
  }
  const auto text = files.read("cpu.max");
  const auto blank = text ? text->find(' ') : std::string::npos;
  if (blank == std::string::npos) return std::nullopt;
  return parse_cpu_max(std::string_view{*text}.substr(0, blank), std::string_view{*text}.substr(blank + 1));
}

// Without a quota at first: the old one in the new period could be more than the parent has.
Limited<void> write_cpu_max_v1(Files& files, const CpuMax& max) {
  std::vector<Line> lines{{kQuota, "-1"}, {kPeriod, std::to_string(max.period.count())}};
  if (max.quota) lines.push_back({kQuota, std::to_string(max.quota->count())});
  return write_all_or_none(files, lines);
}

}  // namespace

Limited<LimitSet> set_memory_max(const Hierarchy& hierarchy, const std::string& path, Limit limit) {
  Files files{hierarchy, path};
  if (hierarchy.version == CgroupVersion::v1) return set_memory_max_v1(files, limit);
  return write_and_read_back(files, memory_interface(CgroupVersion::v2).limit,
                             text_of(CgroupVersion::v2, limit), limit);
}

Limited<LimitSet> set_memory_high(const Hierarchy& hierarchy, const std::string& path, Limit limit) {
  if (hierarchy.version == CgroupVersion::v1) {
    return no_such_thing(
        "cgroup v1 has no memory.high: its soft limit only says where the kernel begins when the whole node "
        "is "
        "short of memory; use memory-max");
  }
  Files files{hierarchy, path};
  return write_and_read_back(files, memory_interface(CgroupVersion::v2).high,
                             text_of(CgroupVersion::v2, limit), limit);
}

Limited<LimitSet> set_swap_max(const Hierarchy& hierarchy, const std::string& path, Limit limit) {
  Files files{hierarchy, path};
  if (hierarchy.version == CgroupVersion::v1) return set_swap_max_v1(files, limit);
  constexpr const char* kSwapMax = "memory.swap.max";
  if (!files.has(kSwapMax) && files.has(memory_interface(CgroupVersion::v2).limit)) {
    return no_such_thing("this kernel has no memory.swap.max: it was built without swap");
  }
  return write_and_read_back(files, kSwapMax, text_of(CgroupVersion::v2, limit), limit);
}

Limited<CpuMax> set_cpu_max(const Hierarchy& hierarchy, const std::string& path, CpuMax max) {
  Files files{hierarchy, path};
  const auto written = hierarchy.version == CgroupVersion::v1 ? write_cpu_max_v1(files, max)
                                                              : files.write("cpu.max", to_string(max));
  if (!written) return tl::unexpected{written.error()};
  const auto held = read_cpu_max(files, hierarchy.version);
  if (!held) return failed_to(std::make_error_code(std::errc::bad_message), "read", path + "/cpu.max");
  return *held;
}

std::optional<CpuMax> read_cpu_max(const Hierarchy& hierarchy, const std::string& path) {
  Files files{hierarchy, path};
  return read_cpu_max(files, hierarchy.version);
}

std::string to_string(const CpuMax& max) {
  if (!max.quota) return fmt::format("max {}", max.period.count());
  return fmt::format("{} {}", max.quota->count(), max.period.count());
}

}  // namespace cmm
