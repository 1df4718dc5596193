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
