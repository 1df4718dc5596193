// SPDX-License-Identifier: Apache-2.0
#include "config/metrics_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cmm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using Texts = std::vector<std::string>;

MetricsSettings metrics_of(const Texts& texts) {
  const auto parsed = parse_metrics(texts);
  EXPECT_TRUE(parsed) << parsed.error();
  return parsed.value_or(MetricsSettings{});
}

std::string metrics_refusal_of(const Texts& texts) {
  const auto parsed = parse_metrics(texts);
  return parsed ? "accepted" : parsed.error();
}

TEST(MetricsText, IsOffOrAnAddress) {
  EXPECT_EQ(metrics_of({"off"}), MetricsSettings{});
  EXPECT_EQ(metrics_of({"listen=127.0.0.1:9753"}).listen, "127.0.0.1:9753");
  EXPECT_EQ(metrics_of({"listen=[::1]:0"}).listen, "[::1]:0");
  EXPECT_EQ(metrics_of({"listen=/run/x/metrics.sock"}).listen, "/run/x/metrics.sock");
  EXPECT_EQ(metrics_of({"cgroups=5", "listen=/x"}).cgroups, 5U);
}

TEST(MetricsText, RefusesWhatIsNoAddress) {
  for (const auto* address :
       {"", "9753", ":9753", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1", "localhost:9753", "::1:9753",
        "[::1]", "[127.0.0.1]:1", "127.1:80", "127.0.0.1:80 ", "run/x.sock"}) {
    EXPECT_THAT(metrics_refusal_of({std::string{"listen="} + address}),
                AllOf(StartsWith("listen: "), HasSubstr("accepted: an address and a port")))
        << address;
  }
  EXPECT_THAT(metrics_refusal_of({"listen=/" + std::string(107, 'x')}), HasSubstr("no address"));
}

TEST(MetricsText, RefusesEverythingElse) {
  EXPECT_THAT(metrics_refusal_of({"on"}), HasSubstr("\"on\": unknown form"));
  EXPECT_THAT(metrics_refusal_of({"cgroups=5"}), StartsWith("listen is missing"));
  EXPECT_THAT(metrics_refusal_of({"listen=/x", "cgroups=many"}), StartsWith("cgroups: "));
  EXPECT_THAT(metrics_refusal_of({"port=1"}), StartsWith("unknown key \"port\""));
}

TEST(MetricsText, IsShownAsItIsRead) {
  EXPECT_EQ(to_yaml(MetricsSettings{}), "off");
  EXPECT_EQ(to_yaml({.listen = "[::1]:1", .cgroups = 7}), "{listen: \"[::1]:1\", cgroups: 7}");
}

}  // namespace
}  // namespace cmm
