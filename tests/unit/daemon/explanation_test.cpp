// SPDX-License-Identifier: Apache-2.0
#include "daemon/explanation.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <memory>

#include "daemon/status_board.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Explanation : public testing::Test {
 protected:
  TargetReport& add(const std::string& path) {
    TargetReport row;
    row.cgroup = std::make_shared<const Cgroup>(Cgroup{CgroupId{report_.targets.size()}, path, {}});
    row.sample = MemorySample{.usage = MiB(10), .effective_limit = GiB(1), .cache = {}, .guards = {}};
    row.marks = {.threshold = MiB(256), .target = MiB(200)};
    row.decision = BelowThreshold{};
    row.cooldown = settings_.policy.cooldown;
    return report_.targets.emplace_back(std::move(row));
  }
  tl::expected<std::string, StartupError> ask(const std::string& subject) {
    EngineSetup setup;
    setup.hierarchy.mount = "/nowhere";
    setup.ability = {.spares_anon = false, .why_not = "an old kernel"};
    StatusBoard board{settings_, setup};
    board.scanned(std::make_shared<const ScanReport>(report_));
    const auto document = understand(board.json());
    if (!document) return tl::unexpected{StartupError{ExitCode::failure, document.error()}};
    return explain(*document, subject);
  }
  std::string text(const std::string& subject) {
    const auto answer = ask(subject);
    return answer ? *answer : "error: " + answer.error().message;
  }

  Settings settings_;
  ScanReport report_;
};

TEST_F(Explanation, OfAClosedGateIsThatNothingIsLookedAt) {
  settings_.when.node_available_below = Percent{15};
  report_.gate_closed = GateClosed{GiB(3), GiB(8)};
  EXPECT_THAT(text("some/cgroup"),
              HasSubstr("the node has 3.0 GiB of 8.0 GiB available: nothing is looked at (when)"));
}

TEST_F(Explanation, ShowsAGateThatIsOpen) {
  settings_.when.node_available_below = Percent{15};
  add("a");
  EXPECT_THAT(text("a"), HasSubstr("when       {node_available_below: 15%"));
}

TEST_F(Explanation, FindsNamesThatAreNoUtf8ByTheirBytesAndAsTheyAreShown) {
  add("inv\xff").rule = {};
  add("inv\xfe");
  EXPECT_THAT(text("inv\xfe"), HasSubstr("cgroup     inv\\xfe\n"));
  EXPECT_THAT(text("inv\\xff"), HasSubstr("cgroup     inv\\xff\n"));
}

TEST_F(Explanation, GivesATerminalNothingToObey) {
  add("a\x1b[31m\u009b");
  EXPECT_THAT(text("a\x1b[31m\u009b"), AllOf(HasSubstr("a\\x1b[31m\\u009b"), Not(HasSubstr("\x1b"))));
}

TEST_F(Explanation, OfAnIgnoredOneOrOneInFlightSaysNothingOfUsage) {
  add("ignored").decision = Ignored{};
  add("flies").decision = InFlight{};
  EXPECT_THAT(text("ignored"), AllOf(HasSubstr("cache      not looked at: ignored by a rule"),
                                     Not(HasSubstr("alone is below"))));
  EXPECT_THAT(text("flies"), Not(HasSubstr("alone is below")));
}

TEST_F(Explanation, SaysWhatTheRuleSetsAndWhatIsLearned) {
  settings_.rules = {{.match = {.path = "a"},
                      .ignore = false,
                      .threshold = Percent{10},
                      .target = {},
                      .cooldown = 10s,
                      .max_pressure = Percent{5}}};
  auto& row = add("a");
  row.rule = 0;
  row.cooldown = 3h;
  row.configured_cooldown = 10s;
  row.max_pressure = Percent{5};
  EXPECT_THAT(text("a"),
              AllOf(HasSubstr("rule 1 (path a): threshold 10%, cooldown 10s, max_pressure 5%"),
                    HasSubstr("10800 s as learned, 10 s as configured"), HasSubstr("(at most 5 %)"),
                    HasSubstr("can't be spared (an old kernel): left alone")));
}

TEST_F(Explanation, IsAskedForInTheWordsOfKubernetesToo) {
  const auto add_container = [&](const std::string& path, const std::string& container) {
    auto& row = add(path);
    auto cgroup = *row.cgroup;
    cgroup.container_id = path + std::string(60, '0');
    cgroup.workload = {.pod_uid = "1f2e", .qos = QosClass::burstable, .names = {"shop", "web-0", container}};
    row.cgroup = std::make_shared<const Cgroup>(cgroup);
  };
  add_container("a", "nginx");
  EXPECT_THAT(text("shop/web-0"),
              AllOf(HasSubstr("cgroup     a\n"), HasSubstr("container  shop/web-0/nginx\n"),
                    HasSubstr("pod        1f2e, burstable\n")));
  add_container("b", "proxy");
  EXPECT_THAT(text("shop/web-0/proxy"), HasSubstr("cgroup     b\n"));
  EXPECT_THAT(text("shop/web-0"), HasSubstr("error: \"shop/web-0\" stands for 2 containers"));
  EXPECT_THAT(text("shop/web"), HasSubstr("error: \"shop/web\" is not among the 2 cgroups"));
}

TEST_F(Explanation, TellsOfReclaimsSoFar) {
  Ledger ledger;
  ledger.reclaims = 3;
  ledger.slices = 40;
  add("a").ledger = std::make_shared<const Ledger>(ledger);
  EXPECT_THAT(text("a"), AllOf(HasSubstr("3 reclaims in 40 slices"), HasSubstr("read again: not counted")));
}

TEST_F(Explanation, SurvivesARuleThatAReloadTookAway) {
  add("a").rule = 7;
  EXPECT_THAT(text("a"), HasSubstr("rule       8, before the last reload"));
}

}  // namespace
}  // namespace cmm
