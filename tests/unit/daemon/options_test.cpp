// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings_table.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Arguments = std::vector<std::string>;

constexpr auto kOwnerWrites = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;

/// A configuration file that lives as long as the test that wrote it.
class ConfigFile {
 public:
  explicit ConfigFile(std::string_view text) {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = testing::TempDir() + "/cmm-" + std::to_string(::getpid()) + "-" + test->name() + ".yaml";
    std::ofstream{path_} << text;
    // Whatever the umask is: what others may write is refused.
    std::filesystem::permissions(path_, kOwnerWrites);
  }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  ~ConfigFile() { std::filesystem::remove(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Options options_of(const Arguments& arguments) {
  const auto parsed = parse_options(arguments);
  EXPECT_TRUE(parsed) << testing::PrintToString(arguments) << parsed.error().message;
  return parsed ? *parsed : Options{};
}

OptionsError error_of(const Arguments& arguments) {
  const auto parsed = parse_options(arguments);
  EXPECT_FALSE(parsed) << testing::PrintToString(arguments);
  return parsed ? OptionsError{ExitCode::ok, {}} : parsed.error();
}

TEST(CommandLine, WithoutAnythingRunsWithTheDefaultsAndReadsNoFile) {
  const auto options = options_of({});
  EXPECT_EQ(options.action, Action::run);
  EXPECT_EQ(options.settings, Settings{});
  EXPECT_EQ(options.config_file, "");
}

TEST(CommandLine, SetsEverySetting) {
  const auto settings = options_of({"--parent",
                                    "a",
                                    "--parent=b",
                                    "--threshold",
                                    "30 %",
                                    "--target=100 MiB",
                                    "--interval",
                                    "500ms",
                                    "--interval-min=200ms",
                                    "--cooldown=0",
                                    "--max-pressure",
                                    "7%",
                                    "--when",
                                    "node_available_below=15%,node_available=kubelet",
                                    "--allow-swap",
                                    "--budget-bytes=1 GiB",
                                    "--budget-cpu",
                                    "2",
                                    "--max-reclaims=1",
                                    "--once",
                                    "--dry-run",
                                    "--log-level",
                                    "warn"})
                            .settings;
  Settings expected;
  expected.parents = {"a", "b"};
  expected.policy = {.threshold = Percent{30},
                     .target = MiB(100),
                     .cooldown = 0s,
                     .max_pressure = Percent{7},
                     .allow_swap = true};
  expected.interval = 500ms;
  expected.interval_min = 200ms;
  expected.when = {Percent{15}, NodeAvailable::kubelet};
  expected.budget = {.bytes = GiB(1), .cpu = 2s, .concurrent = 1};
  expected.log_level = LogLevel::warn;
  expected.once = true;
  expected.dry_run = true;
  EXPECT_EQ(settings, expected);
}

TEST(CommandLine, TakesTheGateAsAWordOrAsEntries) {
  const auto gate_of = [](const std::string& value) { return options_of({"--when", value}).settings.when; };
  const Gate below{Percent{15}, NodeAvailable::mem_available};
  EXPECT_EQ(gate_of("always"), Gate{});
  EXPECT_EQ(gate_of("node_available_below=15%"), below);
  EXPECT_EQ(gate_of("node_available=MemAvailable,node_available_below=15 %"), below);
  const ConfigFile file{"when: {node_available_below: 5%, node_available: kubelet}\n"};
  EXPECT_EQ(options_of({"--config", file.path(), "--when=node_available_below=15%"}).settings.when, below);
  EXPECT_EQ(options_of({"--config", file.path(), "--when=always"}).settings.when, Gate{});
}

TEST(CommandLine, KeepsTheRulesOfTheFileAndHasNoneOfItsOwn) {
  const ConfigFile file{"rules:\n  - match: {path: a}\n    action: ignore\n"};
  const auto rules = options_of({"--config", file.path(), "--once"}).settings.rules;
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_TRUE(rules[0].ignore);
  EXPECT_THAT(error_of({"--rules=[]"}).message, StartsWith("unknown option \"--rules=[]\""));
}

TEST(CommandLine, ChoosesWhatToDo) {
  EXPECT_EQ(options_of({"--check-config"}).action, Action::check_config);
  EXPECT_EQ(options_of({"--version"}).action, Action::version);
  EXPECT_EQ(options_of({"--help"}).action, Action::help);
  EXPECT_EQ(options_of({"--check-config", "--version", "--help"}).action, Action::help);
}

TEST(CommandLine, AskingForHelpOrVersionReadsNoFile) {
  EXPECT_EQ(options_of({"--help", "--config", "/nonexistent"}).action, Action::help);
  EXPECT_EQ(options_of({"--config", "/nonexistent", "--version"}).action, Action::version);
}

TEST(CommandLine, GoesBeforeTheFileWhichGoesBeforeTheDefaults) {
  const ConfigFile file{"parent: [a, b]\ninterval: 3\ncooldown: 4\nonce: true\n"};
  const auto options =
      options_of({"--interval", "7", "--parent", "c", "--once=false", "--config", file.path()});
  EXPECT_EQ(options.config_file, file.path());
  EXPECT_THAT(options.settings.parents, ElementsAre("c"));
  EXPECT_EQ(options.settings.interval, 7s);
  EXPECT_EQ(options.settings.policy.cooldown, 4s);
  EXPECT_EQ(options.settings.policy.threshold, Settings{}.policy.threshold);
  EXPECT_FALSE(options.settings.once);
}

struct BadLine {
  Arguments arguments;
  std::string_view start;  ///< of the message
  std::string_view part;   ///< of the message
};

TEST(CommandLine, IsRefusedWithOptionValueAndWhatIsAccepted) {
  const BadLine rows[] = {
      {{"--bogus"}, "unknown option \"--bogus\"", "accepted: --parent, --wait-for-parent, --cgroup-root"},
      {{"--bogus=1"}, "unknown option \"--bogus=1\"", "accepted: --parent"},
      {{"--once", "--bogus"}, "unknown option \"--bogus\"", "accepted: --parent"},
      {{"--help", "--bogus"}, "unknown option \"--bogus\"", "accepted: --parent"},
      {{"--intervall", "3"}, "unknown option \"--intervall\"", "did you mean --interval?"},
      {{"--allow_swap"}, "unknown option \"--allow_swap\"", "did you mean --allow-swap?"},
      {{"--thresh", "3"}, "unknown option \"--thresh\"", "accepted: --parent"},
      {{"--ONCE"}, "unknown option \"--ONCE\"", "accepted: --parent"},
      {{"-h"}, "unknown option \"-h\"", "accepted: --parent"},
      {{"-"}, "unknown option \"-\"", "accepted: --parent"},
      {{"--new\nline"}, "unknown option \"--new\\nline\"", "accepted: --parent"},
      {{"kubepods.slice"}, "\"kubepods.slice\" is no option", "accepted: --parent"},
      {{""}, "\"\" is no option", "accepted: --parent"},
      {{"--once", "true"}, "\"true\" is no option", "accepted: --parent"},
      {{"--dry-run", "x"}, "\"x\" is no option", "accepted: --parent"},
      {{"--", "x"}, "\"x\" is no option", "accepted: --parent"},
      {{"--once", "--once"}, "--once: given twice", "accepted: once"},
      {{"--interval", "1", "--interval", "1"}, "--interval: given twice", "accepted: once"},
      {{"--help", "--help"}, "--help: given twice", "accepted: once"},
      {{"--config", "a", "--config=b"}, "--config: given twice", "accepted: once"},
      {{"--interval"}, "--interval: needs a value", "accepted: 100ms to 24h"},
      {{"--interval="}, "--interval: needs a value", "accepted: 100ms to 24h"},
      {{"--interval", "--once"}, "--interval: needs a value", "accepted: 100ms to 24h"},
      {{"--parent", "--once"}, "--parent: needs a value", "accepted: an absolute path"},
      {{"--config", "--once"}, "--config: needs a value", "accepted: the path of a YAML file"},
      {{"--config"}, "--config: needs a value", "accepted: the path of a YAML file"},
      {{"--config", ""}, "--config: \"\": nothing given", "accepted: the path of a YAML file"},
      {{"--version=3"}, "--version: takes no value", "accepted: --version"},
      {{"--once=1"}, "--once: \"1\"", "accepted: true or false"},
      {{"--parent", ""}, "--parent: \"\": nothing given", "accepted: an absolute path"},
      {{"--parent", "a", "--parent", ""}, "--parent: \"\": nothing given", "accepted: an absolute path"},
      {{"--interval", "10x"}, "--interval: \"10x\": unknown unit \"x\"", "accepted: a duration"},
      {{"--interval", "50ms"}, "--interval: \"50ms\": too short", "accepted: 100ms to 24h"},
      {{"--cooldown", "-1"}, "--cooldown: \"-1\": negative", "accepted: a duration"},
      {{"--threshold", "-5%"}, "--threshold: \"-5%\": negative", "accepted: a percentage above 0"},
      {{"--threshold", "nan"}, "--threshold: \"nan\": not a number", "accepted: a percentage above 0"},
      {{"--threshold", "0%"}, "--threshold: \"0%\": has to be above 0", "accepted: a percentage above 0"},
      {{"--threshold", "101%"}, "--threshold: \"101%\": above 100 %", "accepted: a percentage above 0"},
      {{"--threshold", ""}, "--threshold: \"\": nothing given", "accepted: a percentage above 0"},
      {{"--target", "99999999 TiB"}, "--target: \"99999999 TiB\": too large", "accepted: 0, a percentage"},
      {{"--interval-min", "1ms"}, "--interval-min: \"1ms\": too short", "accepted: 100ms to 24h"},
      {{"--interval-min", "11s"},
       "--interval-min: the shortest interval 11s is above the interval 10s",
       "accepted: an interval_min up to"},
      {{"--max-pressure", "101%"}, "--max-pressure: \"101%\": above 100 %", "accepted: a percentage above 0"},
      {{"--budget-bytes", "0"}, "--budget-bytes: \"0\": has to be above 0", "accepted: a size above 0"},
      {{"--budget-cpu", "0"}, "--budget-cpu: \"0\": too short", "accepted: 1ms to 1h"},
      {{"--max-reclaims", "0"}, "--max-reclaims: \"0\": too small", "accepted: a whole number from 1 to 64"},
      {{"--max-reclaims"}, "--max-reclaims: needs a value", "accepted: a whole number from 1 to 64"},
      {{"--when", "never"},
       "--when: \"never\": unknown condition",
       "accepted: always, or node_available_below"},
      {{"--when", ""}, "--when: \"\": nothing given", "accepted: always"},
      {{"--when", "always,always"}, "--when: \"always\": unknown condition", "accepted: always"},
      {{"--when", "node_available_below=1%,"}, "--when: \"\": nothing given", "accepted: always"},
      {{"--when", "node_available_below=1%, node_available=kubelet"},
       "--when: unknown key \" node_available\"",
       "accepted: always"},
      {{"--when", "node_available_below=1%", "--when=always"}, "--when: given twice", "accepted: once"},
      {{"--log-level", "loud"}, "--log-level: \"loud\"", "accepted: debug, info, warn or error"},
      {{"--target", "30%"},
       "--target: the target 30% is above the threshold 25%",
       "accepted: a target up to"},
  };
  for (const auto& row : rows) {
    const auto error = error_of(row.arguments);
    EXPECT_EQ(error.code, ExitCode::usage) << error.message;
    EXPECT_THAT(error.message, StartsWith(std::string{row.start}));
    EXPECT_THAT(error.message, HasSubstr(std::string{row.part}));
    EXPECT_THAT(error.message, Not(HasSubstr("\n")));
  }
}

TEST(ConfigOption, NamesTheFileOfABadSetting) {
  const ConfigFile file{"interval: 10\nbogus: 1\n"};
  const auto error = error_of({"--config", file.path()});
  EXPECT_EQ(error.code, ExitCode::config);
  EXPECT_THAT(error.message, StartsWith(file.path() + ":2: unknown key \"bogus\""));
}

TEST(ConfigOption, OfAFileThatOthersMayChangeIsAConfigErrorAlsoForThoseWhoOnlyAsk) {
  const ConfigFile file{"interval: 10\n"};
  std::filesystem::permissions(file.path(), kOwnerWrites | std::filesystem::perms::others_write);
  for (const auto* action : {"--once", "--check-config", "status"}) {
    const auto error = error_of({action, "--config", file.path()});
    EXPECT_EQ(error.code, ExitCode::config) << action;
    EXPECT_THAT(error.message, HasSubstr("everybody may change it; chmod go-w " + file.path())) << action;
  }
}

TEST(ConfigOption, OfAFileThatCannotBeReadIsAConfigError) {
  const auto error = error_of({"--config", "/nonexistent/c.yaml", "--once"});
  EXPECT_EQ(error.code, ExitCode::config);
  EXPECT_THAT(error.message, StartsWith("cannot open /nonexistent/c.yaml: No such file or directory"));
}

TEST(Contradiction, InTheFileIsAnErrorOfTheFile) {
  const ConfigFile file{"threshold: 10%\ntarget: 20%\n"};
  const auto error = error_of({"--config", file.path()});
  EXPECT_EQ(error.code, ExitCode::config);
  EXPECT_THAT(error.message,
              StartsWith(file.path() + ":2: target: the target 20% is above the threshold 10%"));
}

TEST(Contradiction, MadeByTheCommandLineIsAnErrorOfTheCommandLine) {
  const ConfigFile file{"threshold: 30%\ntarget: 20%\n"};
  const auto error = error_of({"--config", file.path(), "--threshold", "15%"});
  EXPECT_EQ(error.code, ExitCode::usage);
  EXPECT_THAT(error.message, StartsWith("--threshold: the target 20% is above the threshold 15%"));
}

TEST(Contradiction, OfARuleIsAnErrorOfWhoeverMadeIt) {
  const ConfigFile file{"threshold: 30%\nrules:\n  - match: {path: a}\n    target: 20%\n"};
  const auto error = error_of({"--config", file.path(), "--threshold", "15%"});
  EXPECT_EQ(error.code, ExitCode::usage);
  EXPECT_THAT(error.message, StartsWith("--threshold: rule 1: the target 20% is above the threshold 15%"));
  const ConfigFile bad{"rules:\n  - match: {path: a}\n    target: 30%\n"};
  const auto of_file = error_of({"--config", bad.path()});
  EXPECT_EQ(of_file.code, ExitCode::config);
  EXPECT_THAT(of_file.message, StartsWith(bad.path() + ":1: rules: rule 1: the target 30% is above"));
}

TEST(Contradiction, InTheFileCanBeSetRightByTheCommandLine) {
  const ConfigFile file{"threshold: 10%\ntarget: 20%\n"};
  EXPECT_EQ(options_of({"--config", file.path(), "--threshold", "30%"}).settings.policy.target,
            Amount{Percent{20}});
}

TEST(Help, ListsEveryOptionWithItsDefaultAndEveryExitCode) {
  const auto help = help_text();
  for (const auto& setting : settings_table()) {
    std::string name{setting.key};
    std::replace(name.begin(), name.end(), '_', '-');
    EXPECT_THAT(help, HasSubstr("\n  --" + name + " "));
  }
  for (const auto* part : {"\n  --config FILE", "\n  --check-config", "\n  --version", "\n  --help", "25%",
                           "80% of", "10s", "30s", "false", "info", "/etc/cgroup-memory-manager.yaml",
                           "\n   0  ", "\n   1  ", "\n  64  ", "\n  69  ", "\n  77  ", "\n  78  "}) {
    EXPECT_THAT(help, HasSubstr(part));
  }
}

TEST(Help, FitsATerminal) {
  std::istringstream lines{help_text()};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 104) << line;
}

TEST(Version, IsThatOfTheProject) {
  EXPECT_THAT(version_text(), testing::MatchesRegex("cgroup-memory-manager [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(WithPlace, NamesTheLineOfASettingThatHoldsFromTheFile) {
  const ConfigFile file{"interval: 5s\nparent: nowhere\n"};
  const auto from_file = options_of({"--config", file.path()});
  EXPECT_EQ(with_place(from_file, "parent: it does not exist"),
            file.path() + ":2: parent: it does not exist");
  EXPECT_EQ(with_place(from_file, "metrics: cannot listen"), "metrics: cannot listen");
  EXPECT_EQ(with_place(from_file, "no memory controller"), "no memory controller");
  const auto overridden = options_of({"--config", file.path(), "--parent", "elsewhere"});
  EXPECT_EQ(with_place(overridden, "parent: it does not exist"), "parent: it does not exist");
}

}  // namespace
}  // namespace cmm
