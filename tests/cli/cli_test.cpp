// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/obey_file_modes.hpp"
#include "support/one_line.hpp"
#include "support/process.hpp"

namespace cmm::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using Arguments = std::vector<std::string>;

constexpr int exit_usage = 64;
constexpr int exit_unavailable = 69;
constexpr int exit_config = 78;

/// As root or as anybody else: what the modes of files forbid is forbidden.
Finished run_daemon(Arguments arguments) {
  arguments.insert(arguments.begin(), CMM_DAEMON);
  return run({.command = std::move(arguments), .before_exec = obey_file_modes});
}

void expect_one_line_error(const Arguments& arguments, int code, const std::string& part) {
  SCOPED_TRACE(testing::PrintToString(arguments));
  expect_one_line(run_daemon(arguments), code, AllOf(StartsWith("cgroup-memory-manager: "), HasSubstr(part)));
}

namespace fs = std::filesystem;

class ConfigFile : public testing::Test {
 protected:
  /// Besides its owner.
  void allow(fs::perms more) const {
    fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write | more);
  }
  void SetUp() override { std::filesystem::create_directories(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string write(std::string_view text) {
    std::ofstream{path_} << text;
    allow(fs::perms::none);  // whatever the umask is
    return path_;
  }

 private:
  std::string directory_ = testing::TempDir() + "cmm-cli-" + std::to_string(::getpid());
  std::string path_ = directory_ + "/c.yaml";
};

TEST(CommandLine, HelpGoesToStandardOutputAndIsNoError) {
  const auto result = run_daemon({"--help"});
  EXPECT_EQ(result.status, (ExitStatus{0, 0}));
  EXPECT_THAT(result.out, StartsWith("Usage: cgroup-memory-manager"));
  EXPECT_THAT(result.out, HasSubstr("--threshold"));
  EXPECT_EQ(result.err, "");
}

TEST(CommandLine, VersionIsOneLine) {
  const auto result = run_daemon({"--version"});
  EXPECT_EQ(result.status, (ExitStatus{0, 0}));
  EXPECT_THAT(result.out, testing::MatchesRegex("cgroup-memory-manager [0-9.]+\n"));
  EXPECT_EQ(result.err, "");
}

TEST(CommandLine, EndsWithAnErrorWhereItsOutputIsLost) {
  for (const std::string what : {"--help", "--version", "--check-config"}) {
    SCOPED_TRACE(what);
    expect_one_line(run({{"sh", "-c", CMM_DAEMON " " + what + " >/dev/full"}}), 1,
                    StartsWith("cgroup-memory-manager: cannot write to "));
  }
}

TEST(CommandLine, ThatIsBadEndsWithOneLineAndTheUsageCode) {
  expect_one_line_error({"--bogus"}, exit_usage, "unknown option \"--bogus\"");
  expect_one_line_error({"-x"}, exit_usage, "unknown option \"-x\"");
  expect_one_line_error({"kubepods"}, exit_usage, "\"kubepods\" is no option");
  expect_one_line_error({"--interval"}, exit_usage, "--interval: needs a value");
  expect_one_line_error({"--once", "--once"}, exit_usage, "--once: given twice");
  expect_one_line_error({"--threshold", "lots"}, exit_usage, "--threshold: \"lots\": not a number");
  expect_one_line_error({"--threshold", "10 mb"}, exit_usage, "unknown unit \"mb\"");
  expect_one_line_error({"--threshold", "1\n2"}, exit_usage, "\"1\\n2\"");
  expect_one_line_error({"--target", "101%"}, exit_usage, "--target: \"101%\": above 100 %");
  expect_one_line_error({"--target", "90%"}, exit_usage,
                        "--target: the target 90% is above the threshold 25%");
  expect_one_line_error({"--interval", "10 sec"}, exit_usage, "--interval: \"10 sec\": unknown unit");
  expect_one_line_error({"--interval", "1ms"}, exit_usage, "accepted: 100ms to 24h");
  expect_one_line_error({"--cooldown", "-1"}, exit_usage, "--cooldown: \"-1\": negative");
  expect_one_line_error({"--log-level", "loud"}, exit_usage, "accepted: debug, info, warn or error");
  expect_one_line_error({"--parent", ""}, exit_usage, "--parent: \"\"");
}

TEST_F(ConfigFile, ThatIsBadEndsWithOneLineAndTheConfigCode) {
  struct Row {
    std::string_view text, part;
  };
  const Row rows[] = {
      {"interval: {\n", "c.yaml:2: not YAML"},
      {"a scalar\n", "c.yaml:1: the text \"a scalar\" instead of keys with values"},
      {"once: true\nbogus: 1\n", "c.yaml:2: unknown key \"bogus\""},
      {"interval: [1]\n", "c.yaml:1: interval: wrong type, a list"},
      {"once: 1\n", "c.yaml:1: once: \"1\""},
      {"once: true\nonce: true\n", "c.yaml:2: once: duplicate key"},
      {"threshold: 0%\n", "c.yaml:1: threshold: \"0%\": has to be above 0"},
      {"rules:\n  - match: {path: a}\n    action: trim\n", "c.yaml:3: rules: action: \"trim\""},
      {"threshold: 10%\ntarget: 20%\n", "c.yaml:2: target: the target 20% is above the threshold 10%"},
  };
  for (const auto& row : rows) {
    expect_one_line_error({"--config", write(row.text)}, exit_config, std::string{row.part});
    expect_one_line_error({"--check-config", "--config", write(row.text)}, exit_config,
                          std::string{row.part});
  }
}

TEST_F(ConfigFile, ThatCannotBeReadEndsWithOneLineAndTheConfigCode) {
  expect_one_line_error({"--config", "/nonexistent.yaml"}, exit_config,
                        "cannot open /nonexistent.yaml: No such file or directory");
  expect_one_line_error({"--config", "/"}, exit_config, "cannot read /: it is a directory");
  const auto path = write("once: true\n");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  expect_one_line_error({"--config", path}, exit_config, "Permission denied");
}

TEST_F(ConfigFile, ThatOthersMayChangeEndsWithOneLineAndTheConfigCode) {
  const auto path = write("once: true\n");
  allow(fs::perms::group_write);
  expect_one_line_error({"--config", path}, exit_config, "may change it; chmod go-w " + path);
  expect_one_line_error({"--check-config", "--config", path}, exit_config,
                        "may change it; chmod go-w " + path);
}

TEST_F(ConfigFile, IsPrintedWithTheEffectiveSettingsAndTheOutputIsAConfigFileAgain) {
  const auto path = write(
      "interval: 3\nparent: a\nwhen: {node_available_below: 5%}\nrules: [{match: {path: a/*}, target: 0}]\n");
  const auto first = run_daemon({"--check-config", "--config", path, "--cooldown", "5s"});
  EXPECT_EQ(first.status, (ExitStatus{0, 0}));
  EXPECT_THAT(first.out, HasSubstr("interval: 3s\n"));
  EXPECT_THAT(first.out, HasSubstr("cooldown: 5s\n"));
  EXPECT_THAT(first.out, HasSubstr("parent: [\"a\"]\n"));
  EXPECT_THAT(first.out, HasSubstr("when: {node_available_below: 5%, node_available: MemAvailable}\n"));
  EXPECT_THAT(first.out, HasSubstr("rules:\n  - match: {path: \"a/*\"}\n    target: 0 B\n"));
  EXPECT_EQ(first.err, "");
  EXPECT_EQ(run_daemon({"--check-config", "--config", write(first.out)}).out, first.out);
}

TEST(AFatalError, OfASystemWithoutTheMemoryControllerNamesTheRemedy) {
  expect_one_line(
      run_daemon({"--once", "--cgroup-root", "/nonexistent"}), exit_unavailable,
      HasSubstr(
          " failed no cgroup hierarchy that owns the memory controller is mounted at or below /nonexistent "
          "(cgroup_root); mount the host's /sys/fs/cgroup there"));
}

TEST(AFatalError, IsLoggedInTheFormThatWasAskedFor) {
  const Arguments refused{"--once", "--parent", "/"};
  auto as_json = refused;
  as_json.insert(as_json.end(), {"--log-format", "json"});
  EXPECT_THAT(run_daemon(refused).err, HasSubstr(" error failed "));
  const auto line = run_daemon(as_json).err;
  EXPECT_THAT(line, StartsWith("{\"time\":\""));
  EXPECT_THAT(line, HasSubstr("\"level\":\"error\",\"event\":\"failed\",\"message\":\""));
  EXPECT_THAT(line, EndsWith("\"}\n"));
}

TEST(AFatalError, HasItsPriorityWhereTheJournalReads) {
  const auto with_journal = [](const std::string& options) {
    const std::string journal{"JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) "};
    return run({{"sh", "-c", journal + CMM_DAEMON + " " + options}}).err;
  };
  EXPECT_THAT(with_journal("--bogus"), StartsWith("<3>cgroup-memory-manager: unknown option"));
  EXPECT_THAT(with_journal("--once --parent /"), StartsWith("<3>failed "));
}

TEST_F(ConfigFile, AsShippedIsAcceptedAndYieldsTheDefaults) {
  std::ifstream file{CMM_SHIPPED_CONFIG};
  const auto path = write(std::string{std::istreambuf_iterator<char>{file}, {}});
  const auto shipped = run_daemon({"--check-config", "--config", path});
  EXPECT_EQ(shipped.status, (ExitStatus{0, 0}));
  EXPECT_EQ(shipped.out, run_daemon({"--check-config"}).out);
}

}  // namespace
}  // namespace cmm::test
