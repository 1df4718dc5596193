// SPDX-License-Identifier: Apache-2.0
#include "config/settings_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace cmm {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::StartsWith;
using Texts = std::vector<std::string>;

bool takes(std::string_view key, const std::string& text) {
  Settings settings;
  return find_setting(key)->set(settings, std::vector{text}).has_value();
}

TEST(SettingsTable, FindsEveryKeyAndNoOther) {
  for (const auto key : setting_keys()) EXPECT_EQ(find_setting(key)->key, key);
  EXPECT_EQ(find_setting("nothing"), nullptr);
  EXPECT_EQ(find_setting(""), nullptr);
}

TEST(SettingsTable, LeavesTheSettingsAloneWhenATextIsRefused) {
  for (const auto& setting : settings_table()) {
    Settings settings;
    EXPECT_FALSE(setting.set(settings, std::vector{std::string{}})) << setting.key;
    EXPECT_EQ(settings, Settings{}) << setting.key;
  }
}

TEST(SettingsTable, ShowsWhatItTakes) {
  Settings settings;
  for (const auto& setting : settings_table()) {
    const auto shown = setting.show(settings);
    if (shown.empty()) {
      EXPECT_FALSE(setting.unset.empty()) << setting.key;
    } else {
      EXPECT_TRUE(setting.set(settings, std::vector{shown})) << setting.key;
    }
  }
  EXPECT_EQ(settings, Settings{});
}

TEST(SettingsTable, HoldsTheIntervalBetweenATenthOfASecondAndADay) {
  for (const auto* text : {"100ms", "0.1", "24h", "1440m"}) EXPECT_TRUE(takes("interval", text)) << text;
  for (const auto* text : {"99.999999ms", "0", "24.0001h", "9223372036"})
    EXPECT_FALSE(takes("interval", text));
}

TEST(SettingsTable, HoldsTheCooldownBetweenNothingAndThirtyDays) {
  for (const auto* text : {"0", "0s", "720h", "1ms"}) EXPECT_TRUE(takes("cooldown", text)) << text;
  for (const auto* text : {"721h", "-1s", "9223372036"}) EXPECT_FALSE(takes("cooldown", text)) << text;
}

TEST(SettingsTable, HoldsTheShortestIntervalToTheLimitsOfTheInterval) {
  for (const auto* text : {"100ms", "1s", "24h"}) EXPECT_TRUE(takes("interval_min", text)) << text;
  for (const auto* text : {"99ms", "0", "25h", "1s,", "10%"})
    EXPECT_FALSE(takes("interval_min", text)) << text;
}

TEST(SettingsTable, HoldsThePressureBetweenNothingAndAllOfTheTime) {
  for (const auto* text : {"20%", "0.1 %", "100%"}) EXPECT_TRUE(takes("max_pressure", text)) << text;
  for (const auto* text : {"0%", "100.1%", "20", "20 MiB", "-1%"})
    EXPECT_FALSE(takes("max_pressure", text)) << text;
}

TEST(SettingsTable, HoldsTheBudgetsWithinTheirLimits) {
  for (const auto* text : {"1", "1 GiB"}) EXPECT_TRUE(takes("budget_bytes", text)) << text;
  for (const auto* text : {"0", "0.9 B", "10%", "1s"}) EXPECT_FALSE(takes("budget_bytes", text)) << text;
  for (const auto* text : {"1ms", "1", "1h"}) EXPECT_TRUE(takes("budget_cpu", text)) << text;
  for (const auto* text : {"0", "0.999ms", "61m", "10%"}) EXPECT_FALSE(takes("budget_cpu", text)) << text;
  for (const auto* text : {"1", "2", "64"}) EXPECT_TRUE(takes("max_reclaims", text)) << text;
  for (const auto* text : {"0", "65", "2.0", "2s", "-1", "two"})
    EXPECT_FALSE(takes("max_reclaims", text)) << text;
}

TEST(SettingsTable, SaysWhichLimitIsNotKept) {
  Settings settings;
  const auto error_of = [&](std::string_view key, const std::string& text) {
    return find_setting(key)->set(settings, std::vector{text}).error();
  };
  EXPECT_EQ(error_of("max_reclaims", "0"), "\"0\": too small; accepted: a whole number from 1 to 64");
  EXPECT_EQ(error_of("max_reclaims", "65"), "\"65\": too large; accepted: a whole number from 1 to 64");
  EXPECT_THAT(error_of("budget_bytes", "0"),
              StartsWith("\"0\": has to be above 0; accepted: a size above 0"));
  EXPECT_THAT(error_of("budget_cpu", "2h"), StartsWith("\"2h\": too long; accepted: 1ms to 1h"));
}

TEST(SettingsTable, TakesTheGateAsAWordOrAsEntries) {
  Settings settings;
  const auto* when = find_setting("when");
  const Texts entries{"node_available_below=15%", "node_available=kubelet"};
  ASSERT_TRUE(when->set(settings, entries));
  EXPECT_EQ(settings.when, (Gate{Percent{15}, NodeAvailable::kubelet}));
  ASSERT_TRUE(when->set(settings, Texts{"always"}));
  EXPECT_EQ(settings.when, Gate{});
}

TEST(Conflict, IsATargetAboveTheThresholdOfTheSameKind) {
  Settings settings;
  settings.policy.threshold = Percent{25};
  settings.policy.target = Percent{26};
  const auto conflict = find_conflict(settings);
  ASSERT_TRUE(conflict);
  EXPECT_THAT(conflict->keys, ElementsAre("target", "threshold"));
  EXPECT_EQ(conflict->message,
            "the target 26% is above the threshold 25%; accepted: a target up to the threshold");
  settings.policy.threshold = Bytes{10};
  settings.policy.target = Bytes{11};
  EXPECT_TRUE(find_conflict(settings));
}

TEST(Conflict, IsAShortestIntervalAboveTheInterval) {
  Settings settings;
  settings.interval = 2s;
  settings.interval_min = 3s;
  const auto conflict = find_conflict(settings);
  ASSERT_TRUE(conflict);
  EXPECT_THAT(conflict->keys, ElementsAre("interval_min", "interval"));
  EXPECT_EQ(
      conflict->message,
      "the shortest interval 3s is above the interval 2s; accepted: an interval_min up to the interval");
  settings.interval_min = 2s;
  EXPECT_FALSE(find_conflict(settings));
  settings.interval = 100ms;
  settings.interval_min = std::nullopt;
  EXPECT_FALSE(find_conflict(settings));
}

TEST(Conflict, IsATargetOfARuleAboveTheThresholdForAll) {
  Settings settings;
  settings.rules.resize(2);
  settings.rules[1].target = Percent{30};
  const auto conflict = find_conflict(settings);
  ASSERT_TRUE(conflict);
  EXPECT_THAT(conflict->keys, ElementsAre("rules", "threshold"));
  EXPECT_EQ(conflict->message,
            "rule 2: the target 30% is above the threshold 25%; accepted: a target up to the threshold");
  settings.rules[1].threshold = Percent{30};
  EXPECT_FALSE(find_conflict(settings));
}

TEST(Conflict, IsNoneBetweenTheTargetForAllAndTheThresholdOfARule) {
  Settings settings;
  settings.policy.target = Percent{20};
  settings.rules.resize(1);
  settings.rules[0].threshold = Percent{10};
  EXPECT_FALSE(find_conflict(settings));
}

TEST(Conflict, IsNotSeenWhereOnlyALimitCouldTell) {
  Settings settings;
  EXPECT_FALSE(find_conflict(settings));
  settings.policy.target = Percent{25};
  EXPECT_FALSE(find_conflict(settings));
  settings.policy.target = GiB(100);
  EXPECT_FALSE(find_conflict(settings));
}

}  // namespace
}  // namespace cmm
