// SPDX-License-Identifier: Apache-2.0
#include "config/gate_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace cmm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Texts = std::vector<std::string>;

TEST(GateText, IsAlwaysOrAShareOfTheNodesMemory) {
  const struct {
    Texts texts;
    Gate gate;
  } rows[] = {
      {{"always"}, {}},
      {{"node_available_below=15%"}, {Percent{15}, NodeAvailable::mem_available}},
      {{"node_available_below=0.5 %"}, {Percent{0.5}, NodeAvailable::mem_available}},
      {{"node_available_below=100%", "node_available=MemAvailable"},
       {Percent{100}, NodeAvailable::mem_available}},
      {{"node_available_below=15%", "node_available=kubelet"}, {Percent{15}, NodeAvailable::kubelet}},
      {{"node_available=kubelet", "node_available_below=15%"}, {Percent{15}, NodeAvailable::kubelet}},
  };
  for (const auto& row : rows)
    EXPECT_EQ(parse_gate(row.texts), row.gate) << testing::PrintToString(row.texts);
}

TEST(GateText, RefusesEverythingElse) {
  const struct {
    Texts texts;
    std::string_view start;  ///< of the message
    std::string_view accepted;
  } rows[] = {
      {{}, "node_available_below is missing", gate_forms},
      {{""}, "\"\": nothing given", gate_forms},
      {{"never"}, "\"never\": unknown condition", gate_forms},
      {{"Always"}, "\"Always\": unknown condition", gate_forms},
      {{"always", "always"}, "\"always\": unknown condition", gate_forms},
      {{"always", "node_available_below=15%"}, "\"always\": unknown condition", gate_forms},
      {{"node_available_below"}, "\"node_available_below\": unknown condition", gate_forms},
      {{"=15%"}, "unknown key \"\"", gate_forms},
      {{"below=15%"}, "unknown key \"below\"", gate_forms},
      {{"always=true"}, "unknown key \"always\"", gate_forms},
      {{"node_available=kubelet"}, "node_available_below is missing", gate_forms},
      {{"node_available_below=1%", "node_available_below=1%"},
       "node_available_below: given twice",
       gate_forms},
      {{"node_available=kubelet", "node_available=kubelet"}, "node_available: given twice", gate_forms},
      {{"node_available_below="}, "node_available_below: \"\": nothing given", percent_forms},
      {{"node_available_below=0%"}, "node_available_below: \"0%\": has to be above 0", percent_forms},
      {{"node_available_below=101%"}, "node_available_below: \"101%\": above 100 %", percent_forms},
      {{"node_available_below=1 GiB"}, "node_available_below: \"1 GiB\": not a percentage", percent_forms},
      {{"node_available_below=1%=2%"}, "node_available_below: \"1%=2%\": not a percentage", percent_forms},
      {{"node_available_below=1%", "node_available=memavailable"},
       "node_available: \"memavailable\": unknown measure",
       "MemAvailable or kubelet"},
  };
  for (const auto& row : rows) {
    const auto gate = parse_gate(row.texts);
    ASSERT_FALSE(gate) << testing::PrintToString(row.texts);
    EXPECT_THAT(gate.error(), StartsWith(std::string{row.start}));
    EXPECT_THAT(gate.error(), HasSubstr("; accepted: " + std::string{row.accepted}));
  }
}

TEST(GateText, IsWrittenAsAWordOrAMap) {
  EXPECT_EQ(to_yaml(Gate{}), "always");
  EXPECT_EQ(to_yaml(Gate{Percent{15}, NodeAvailable::mem_available}),
            "{node_available_below: 15%, node_available: MemAvailable}");
  EXPECT_EQ(to_yaml(Gate{Percent{0.5}, NodeAvailable::kubelet}),
            "{node_available_below: 0.5%, node_available: kubelet}");
}

}  // namespace
}  // namespace cmm
