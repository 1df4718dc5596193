// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "base/unique_fd.hpp"
#include "config/settings_table.hpp"
#include "config/yaml.hpp"
#include "fuzz/fuzz.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;

/// A file with that text, by a name under which it can be opened.
class File {
 public:
  explicit File(std::string_view text) : fd_(::memfd_create("fuzz.yaml", MFD_CLOEXEC)) {
    // A memfd is everybody's at first, and such a file isn't believed.
    check(::fchmod(fd_.get(), S_IRUSR | S_IWUSR) == 0, "it is its owner's alone");
    check(::write(fd_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()), "it is written");
  }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

 private:
  UniqueFd fd_;
};

void check_bounds(const Settings& settings) {
  check(settings.interval >= 100ms && settings.interval <= 24h, "the interval is within its bounds");
  check(settings.policy.cooldown >= 0s && settings.policy.cooldown <= 720h, "the cooldown is");
  check(settings.policy.max_pressure.value > 0 && settings.policy.max_pressure.value <= 100,
        "max_pressure is");
  check(settings.budget.concurrent >= 1 && settings.budget.concurrent <= 64, "max_reclaims is");
  check(settings.budget.cpu >= 1ms && settings.budget.cpu <= 1h, "budget_cpu is");
  for (const auto& parent : settings.parents) {
    check(!parent.empty() && parent.find('\0') == std::string::npos, "a parent can be a path");
  }
}

/// Each value as it is shown is one that is accepted, and means the same.
void check_table(const Settings& settings) {
  for (const auto& setting : settings_table()) {
    const auto shown = setting.show(settings);
    if (shown.empty() || setting.shape == Shape::list || setting.shape == Shape::map) continue;
    auto text = shown;
    if (text.starts_with('"')) continue;  // in YAML's quotes
    Settings again;
    check(setting.set(again, std::array{text}).has_value(), "what is shown is accepted");
    check(setting.show(again) == shown, "what is shown means the same");
  }
}

}  // namespace

void fuzz(std::string_view text) {
  const File file{text};
  const auto read = read_yaml_file(file.path());
  if (!read) {
    check(read.error().starts_with(file.path() + ":"), "a message says where");
    check(read.error().find('\n') == std::string::npos && read.error().size() < 2000, "it is one short line");
    return;
  }
  const auto lines = 1 + std::ranges::count_if(text, [](char c) { return c == '\n' || c == '\r'; });
  for (const auto& [key, line] : read->lines)
    check(line >= 1 && line <= lines, "a key is in a line of the file");
  check_bounds(read->settings);
  check_table(read->settings);
  const auto conflict = find_conflict(read->settings);
  check(!conflict || !conflict->keys.empty(), "a conflict is between settings");
}

}  // namespace cmm::test
