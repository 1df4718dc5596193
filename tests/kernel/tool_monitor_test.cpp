// SPDX-License-Identifier: Apache-2.0
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/unique_fd.hpp"
#include "kernel/tool_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;
using Json = nlohmann::json;

/// What the tool prints on a terminal that is this wide.
std::string on_terminal_of(unsigned short columns, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), tool_program());
  std::vector<char*> pointers;
  for (auto& each : arguments) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int terminal = -1;
  const auto child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    ::execv(pointers.front(), pointers.data());
    ::_exit(127);
  }
  const UniqueFd owner{terminal};
  std::string screen;
  std::array<char, 4096> part{};
  // Ends with EIO when nobody has the terminal any more.
  for (ssize_t read = 0; (read = ::read(terminal, part.data(), part.size())) > 0;) {
    screen.append(part.data(), static_cast<std::size_t>(read));
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << screen;
  return screen;
}

class ToolMonitor : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    if (!IsSkipped()) make("app");
  }

  [[nodiscard]] TestCgroup app() const { return cgroup("app"); }

  [[nodiscard]] std::vector<std::string> lines(std::vector<std::string> options) const {
    options.insert(options.begin(), {"monitor", app().path()});
    std::istringstream text{expect_success(options)};
    std::vector<std::string> all;
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
  }
};

TEST_F(ToolMonitor, ShowsInJsonWhatTheKernelsOwnFilesSay) {
  app().limit_memory(MiB(256));
  const auto data = file("data", MiB(32));
  fill_clean(app(), data);
  const auto seen = lines({"--duration", "0", "--output", "json"});
  ASSERT_EQ(seen.size(), 1);
  const auto row = Json::parse(seen[0]);
  EXPECT_EQ(row["cgroup"], app().path());
  expect_usage(row["usage"], app());
  EXPECT_EQ(row["cache"], app().cache().count());
  EXPECT_EQ(row["reclaimable"], app().reclaimable().count());
  EXPECT_EQ(row["memory_max"], MiB(256).count());
  EXPECT_EQ(row["effective_limit"]["bytes"], MiB(256).count());
  EXPECT_EQ(row["events"]["oom_kill"], 0);
  EXPECT_EQ(row["pressure"]["of"], is_v1() ? "node" : "cgroup");
  EXPECT_TRUE(row["refaults_per_second"].is_null());
  EXPECT_THAT(row["time"].get<std::string>(), testing::MatchesRegex("[0-9-]+T[0-9:]+\\.[0-9]+Z"));
}

TEST_F(ToolMonitor, CountsWhatTheKernelHadToDo) {
  app().limit_memory(MiB(16));
  EXPECT_EQ(run_tool({"test-memory", app().path()}).status, ExitStatus{kKilledByKernel});
  const auto row = Json::parse(lines({"--duration", "0", "--output", "json"}).at(0));
  EXPECT_EQ(row["events"]["oom_kill"], 1);
  EXPECT_GT(row["events"]["max"], 0);
  EXPECT_GE(row["peak"], MiB(15).count());
}

TEST_F(ToolMonitor, HasPlainLinesBelowOneHeadingWhereItIsNotOnATerminal) {
  make("app/child");
  const auto seen = lines({"--duration", "2s", "--interval", "500ms"});
  ASSERT_GE(seen.size(), 5) << "two looks or more";
  EXPECT_THAT(seen[0], testing::ContainsRegex("CGROUP +USAGE +LIMIT"));
  EXPECT_EQ(
      std::ranges::count_if(seen, [](const auto& line) { return line.find("USAGE") != std::string::npos; }),
      1);
  EXPECT_THAT(seen[1], HasSubstr("  " + app().path() + " "));
  EXPECT_THAT(seen[2], HasSubstr("  " + app().path() + "/child "));
  for (const auto& line : seen) EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
}

TEST_F(ToolMonitor, SaysWhichCgroupARowIsOnANarrowTerminal) {
  const auto other = make("kubepods-burstable-pod01234567_89ab_cdef/other");
  const auto screen = on_terminal_of(80, {"monitor", app().path(), other.path(), "--duration", "0"});
  EXPECT_THAT(screen, testing::ContainsRegex("\n" + app().path() + " +[0-9.]+ "));
  EXPECT_THAT(screen, testing::ContainsRegex("\n…[a-z0-9_]+_cdef/other +[0-9.]+ "));
}

TEST_F(ToolMonitor, EndsWhereItsOutputIsLost) {
  const auto shell = run(
      {{"sh", "-c", "\"$0\" monitor \"$1\" --interval 100ms >/dev/full", tool_program(), app().path()}}, 30s);
  EXPECT_EQ(shell.status, ExitStatus{kFailure});
  EXPECT_EQ(shell.err, "cgroup-tool: cannot write to standard output: No space left on device\n");
}

TEST_F(ToolMonitor, SaysWhatIsMissingWhereTheControllerIsNotEnabled) {
  if (is_v1()) GTEST_SKIP() << environment_name() << ": on v1 every cgroup of the hierarchy has it";
  top().write("cgroup.subtree_control", "-memory");
  expect_refused({"monitor", app().path()}, kUnavailable,
                 "write +memory to " + top().absolute() + "/cgroup.subtree_control");
}

TEST_F(ToolMonitor, LooksAsOftenAsItIsAskedTo) {
  EXPECT_EQ(lines({"--duration", "0", "--output", "json"}).size(), 1);
  const auto seen = lines({"--duration", "4s", "--interval", "1s", "--output", "json"}).size();
  EXPECT_GE(seen, 3);
  EXPECT_LE(seen, 5);
}

TEST_F(ToolMonitor, EndsBySignalWithoutAnError) {
  Process tool{tool_command({"monitor", app().path()})};
  ASSERT_TRUE(tool.wait_for_output(app().path(), 30s));
  tool.send_signal(SIGINT);
  EXPECT_EQ(tool.wait(30s), ExitStatus{0});
  EXPECT_EQ(tool.err(), "");
}

TEST_F(ToolMonitor, EndsWhereNobodyReadsItsOutput) {
  const auto shell =
      run({{"sh", "-c", "\"$0\" monitor \"$1\" --interval 100ms | head -n 1", tool_program(), app().path()}},
          30s);
  EXPECT_FALSE(shell.timed_out);
}

TEST_F(ToolMonitor, EndsWhenNothingIsLeftToWatch) {
  Process tool{tool_command({"monitor", app().path(), "--interval", "100ms"})};
  ASSERT_TRUE(tool.wait_for_output(app().path(), 30s));
  ASSERT_TRUE(app().remove());
  EXPECT_EQ(tool.wait(30s), ExitStatus{0});
  EXPECT_EQ(tool.err(), "cgroup-tool: nothing is left to watch: removed meanwhile\n");
}

TEST_F(ToolMonitor, NoticesCacheThatIsReadBack) {
  app().limit_memory(MiB(32));
  const auto data = file("data", MiB(64));
  const Tenant reader{app(), [&] { keep_doing([&] { data.read(); }, 1ms); }};
  const auto is_seen = [&] {
    return std::ranges::any_of(lines({"--duration", "2s", "--output", "json"}), [](const auto& line) {
      const auto rate = Json::parse(line)["refaults_per_second"];
      return rate.is_number() && rate > 0;
    });
  };
  EXPECT_TRUE(eventually(is_seen));
}

}  // namespace
}  // namespace cmm::test
