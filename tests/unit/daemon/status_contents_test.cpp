// SPDX-License-Identifier: Apache-2.0
// Whatever a daemon answers, perhaps one of another version: it is understood, or refused with its place.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "daemon/explanation.hpp"
#include "daemon/status_command.hpp"
#include "daemon/status_document.hpp"
#include "support/mutations.hpp"
#include "support/status_specimen.hpp"

namespace cmm {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Json& specimen() {
  static const auto json = Json::parse(test::status_specimen());
  return json;
}

/// "" where it is understood.
std::string error_of(std::string_view answer) {
  const auto document = understand(answer);
  return document ? std::string{} : document.error();
}

/// What a document says to whoever asks, or why it isn't understood: one line, and no bytes that a terminal
/// obeys.
std::string told(std::string_view answer) {
  const auto document = understand(answer);
  auto text = document ? status_table(*document) : document.error() + "\n";
  if (document) {
    const auto explained = explain(*document, "top/a");
    text += explained ? *explained : explained.error().message + "\n";
  } else {
    EXPECT_THAT(document.error(),
                AllOf(StartsWith("the daemon answered with a status that can't be understood: "),
                      EndsWith("; is it of another version?"), Not(HasSubstr("\n"))));
  }
  EXPECT_EQ(text.find_first_of(std::string{"\0\x1b\r\x07", 4}), std::string::npos) << text;
  return text;
}

Json with(const std::string& place, const Json& value) {
  auto json = specimen();
  json.at(Json::json_pointer{place}) = value;
  return json;
}

TEST(StatusContents, AreToldWhole) {
  EXPECT_THAT(
      told(specimen().dump()),
      AllOf(HasSubstr("shop/web-0/nginx"), HasSubstr("unreadable: cannot list top/b"),
            HasSubstr("rule       rule 1"), HasSubstr("pressure   1.5 %"), HasSubstr("3 reclaims in 40")));
}

TEST(StatusContents, OfAPartOfADocumentAreRefused) {
  for (const auto& [what, text] : test::truncated(specimen().dump())) EXPECT_NE(error_of(text), "") << what;
}

TEST(StatusContents, OfStrangeFilesAreRefused) {
  for (const auto& [what, text] : test::strange_files()) {
    EXPECT_THAT(told(text), HasSubstr("it is no JSON")) << what;
  }
  for (const auto* text : {"null", "5", "[]", "{}", "\"daemon\"", "{\"error\":\"not found\"}"}) {
    EXPECT_NE(error_of(text), "") << text;
  }
}

TEST(StatusContents, NestedWithoutEndAreRefused) {
  EXPECT_THAT(error_of(std::string(1'000'000, '[')), HasSubstr("it is no JSON of a sensible form"));
  const auto deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_THAT(error_of(R"({"daemon":{},"more":)" + deep + "}"),
              HasSubstr("it is no JSON of a sensible form"));
}

TEST(StatusContents, OfDamagedBytesAndNumbersAreUnderstoodOrRefused) {
  const auto text = specimen().dump();
  for (const auto& damaged : {test::with_another_byte(text), test::with_another_number(text)}) {
    for (const auto& mutant : damaged) {
      SCOPED_TRACE(mutant.what);
      told(mutant.text);
    }
  }
}

TEST(StatusContents, WithAMemberOfAnotherTypeOrNoneAreUnderstoodOrRefused) {
  const auto places = specimen().flatten();
  for (const auto& [place, value] : places.items()) {
    for (const auto* other : {"null", "-1", "0", "1.5", "1e300", "18446744073709551616", "true",
                              "\"\\u001b[31m\\u0000\"", "[]", "{}", "[[]]"}) {
      SCOPED_TRACE(place + " is " + other);
      told(with(place, Json::parse(other)).dump());
    }
  }
}

struct Bad {
  const char* place;
  const char* value;
  const char* said;
};

TEST(StatusContents, ThatAreNotUnderstoodAreNamed) {
  const std::vector<Bad> rows{
      {"/daemon/pid", "1e300", "daemon.pid is 1e+300 instead of a whole number from 0"},
      {"/daemon/pid", "-1", "daemon.pid is -1 instead of a whole number from 0"},
      {"/daemon/cgroup_version", "3", "daemon.cgroup_version is 3 instead of a whole number from 1 to 2"},
      {"/daemon/mount", "null", "daemon.mount is null instead of a text"},
      {"/daemon/parents", "\"top\"", "daemon.parents is the text \"top\" instead of a list"},
      {"/daemon/rules/0/says", "5", "daemon.rules[0].says is 5 instead of a text"},
      {"/daemon/allow_swap", "0", "daemon.allow_swap is 0 instead of true or false"},
      {"/daemon", "[]", "daemon is a list instead of an object"},
      {"/scan/gate_closed", "{}", "scan.gate_closed.available is missing"},
      {"/scan/unreadable", "[1]", "scan.unreadable[0] is 1 instead of a text"},
      {"/targets", "{}", "targets is an object instead of a list"},
      {"/targets/0", "7", "targets[0] is 7 instead of an object"},
      {"/targets/0/rule", "0", "targets[0].rule is 0 instead of a whole number from 1"},
      {"/targets/0/rule", "-1", "targets[0].rule is -1 instead of a whole number from 1"},
      {"/targets/0/usage", "1.5", "targets[0].usage is 1.5 instead of a whole number from 0"},
      {"/targets/0/reclaimable", "1e300",
       "targets[0].reclaimable is 1e+300 instead of a whole number from 0"},
      {"/targets/0/threshold", "18446744073709551616",
       "targets[0].threshold is 1.8446744073709552e+19 instead of"},
      {"/targets/0/cooldown_seconds", "-1", "targets[0].cooldown_seconds is -1 instead of a number from 0"},
      {"/targets/0/ledger/reclaims", "\"3\"", "targets[0].ledger.reclaims is the text \"3\" instead of"},
      {"/targets/0/ledger/refaulted", "-5", "targets[0].ledger.refaulted is -5 instead of a whole number"},
  };
  for (const auto& [place, value, said] : rows) {
    EXPECT_THAT(error_of(with(place, Json::parse(value)).dump()), HasSubstr(said)) << place;
  }
}

TEST(StatusContents, WithoutWhatIsNeededAreRefused) {
  for (const auto* member :
       {"pid", "cgroup_version", "mount", "parents", "threshold", "when", "rules", "spares_anon"}) {
    auto json = specimen();
    json["daemon"].erase(member);
    EXPECT_THAT(error_of(json.dump()), HasSubstr(fmt::format("daemon.{} is missing", member)));
  }
  for (const auto* member :
       {"cgroup", "container_id", "namespace", "decision", "cooldown_seconds", "threshold"}) {
    auto json = specimen();
    json["targets"][0].erase(member);
    EXPECT_THAT(error_of(json.dump()), HasSubstr(fmt::format("targets[0].{} is missing", member)));
  }
}

TEST(StatusContents, ThatANewerDaemonAddsArePassedOver) {
  auto json = specimen();
  json["news"] = "x";
  json["daemon"]["news"] = {1, 2};
  json["targets"][0]["news"] = nullptr;
  EXPECT_EQ(told(json.dump()), told(specimen().dump()));
}

}  // namespace
}  // namespace cmm
