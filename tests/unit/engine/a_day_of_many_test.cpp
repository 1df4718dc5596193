// SPDX-License-Identifier: Apache-2.0
// Days in which a gate, a budget or the settings decide who gets what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "support/access_watch.hpp"
#include "support/decision_text.hpp"
#include "support/fake_machine.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::cycling;
using test::decision_of;
using test::FakeMachine;
using test::FakeWorkload;
using test::streaming;
using test::usual;
using testing::IsEmpty;

TEST(ADay, WithTheGateClosedForEightHoursTeachesNothingInThose) {
  auto setup = usual();
  setup.gate.node_available_below = Percent{50};
  FakeMachine machine{setup};
  const auto& web = machine.add(cycling("web", MiB(600)));
  const auto open = [&] { machine.set_available_kib(1 << 20); };
  const auto close = [&] { machine.set_available_kib(15 << 20); };
  open();
  machine.run(20min);
  const auto cooldown = machine.row_of(web).cooldown;
  const auto attempts = web.attempts.size();
  ASSERT_EQ(cooldown, 16 * 30s) << "and a reclaim is on trial";

  close();
  std::vector<Lesson> lessons;
  bool looked = false;
  test::AccessWatch accesses;
  for (const auto* cgroup : {"top", "top/web"}) accesses.add(machine.tree().absolute(cgroup));
  machine.scanned = [&](const Scan& scan) {
    looked = looked || !scan.report.gate_closed;
    lessons.insert(lessons.end(), scan.report.lessons.begin(), scan.report.lessons.end());
  };
  machine.run(8h);
  EXPECT_FALSE(accesses.saw_any()) << "the gate needs nothing of it";
  EXPECT_FALSE(looked);
  EXPECT_EQ(web.attempts.size(), attempts);

  open();
  machine.run(30s);
  EXPECT_TRUE(looked);
  EXPECT_THAT(lessons, IsEmpty()) << "what came back in eight hours didn't within the cooldown";
  EXPECT_EQ(machine.row_of(web).cooldown, cooldown);
}

/// The longest time from one attempt to the next, or to the end of the day.
Duration longest_wait(const FakeWorkload& workload) {
  Duration longest{};
  auto last = FakeMachine::kStart;
  for (const auto at : workload.attempts) longest = std::max(longest, at - std::exchange(last, at));
  return std::max(longest, FakeMachine::kStart + 24h - last);
}

TEST(ADay, OfTwentyOfWhichOneIsHugeKeepsToItsBudgetsAndStarvesNobody) {
  auto setup = usual();
  setup.pace = {.shortest = 3min, .longest = 3min};
  setup.budget = {.bytes = GiB(1), .cpu = 500ms};
  FakeMachine machine{setup};
  std::vector<const FakeWorkload*> all{&machine.add(streaming("huge", MiB(100)))};
  for (unsigned i = 1; i < 20; ++i)
    all.push_back(&machine.add(streaming("web-" + std::to_string(i), MiB(i))));
  machine.scanned = [&](const Scan& scan) {
    Bytes bytes;
    Bytes most;
    Duration cpu{};
    for (const auto& job : scan.jobs) {
      bytes += job.request.bytes;
      most += job.request.byte_budget;
      cpu += job.request.cpu_budget;
    }
    EXPECT_LE(bytes, GiB(1));
    EXPECT_LE(most, GiB(1));
    EXPECT_LE(cpu, 500ms);
  };
  machine.run(24h);
  for (const auto* workload : all) EXPECT_LE(longest_wait(*workload), 90min) << workload->name;
}

Rule rule_for(const std::string& path) {
  Rule rule;
  rule.match.path = path;
  return rule;
}

TEST(ADay, WithAReloadEachHourObeysTheRulesOfTheHour) {
  FakeMachine machine{usual()};
  const auto& db = machine.add(streaming("db", MiB(2)));
  const auto& web = machine.add(cycling("web", MiB(600)));
  auto ignored = rule_for("top/db");
  ignored.ignore = true;
  const auto for_all = rule_for("top/*");
  std::uint64_t reclaims = 0;
  for (unsigned hour = 0; hour < 24; ++hour) {
    const bool ignore = hour % 2 == 1;
    auto setup = machine.setup;
    setup.rules = ignore ? Rules{ignored, for_all} : Rules{for_all, ignored};
    machine.change(setup);
    const auto before = db.attempts.size();
    machine.run(1h);
    const auto& row = machine.row_of(db);
    EXPECT_EQ(row.rule, 0U) << "both match: the first holds";
    EXPECT_EQ(decision_of(row) == "ignored", ignore) << "hour " << hour;
    EXPECT_EQ(db.attempts.size() == before, ignore) << "hour " << hour;
    EXPECT_GE(row.ledger->reclaims, reclaims) << "the history survives";
    reclaims = row.ledger->reclaims;
    EXPECT_EQ(machine.row_of(web).rule, ignore ? 1U : 0U);
  }
  EXPECT_GE(reclaims, 12U * 100);
  EXPECT_LE(web.attempts.size(), 24U * 5 + 9) << "what it taught is kept through all reloads";
}

}  // namespace
}  // namespace cmm
