// SPDX-License-Identifier: Apache-2.0
#include "kubelet/log_link.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cmm {
namespace {

const std::string kId = "4f1c2a9d0b7e8f6a5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b";

TEST(LogLink, SaysWhoseLogItIs) {
  EXPECT_EQ(parse_log_link("web-7d9c5-x2k4q_shop_nginx-" + kId + ".log"),
            (LogLink{kId, {"shop", "web-7d9c5-x2k4q", "nginx"}}));
  EXPECT_EQ(parse_log_link("etcd-node.example_kube-system_etcd-main-" + kId + ".log"),
            (LogLink{kId, {"kube-system", "etcd-node.example", "etcd-main"}}));
}

TEST(LogLink, IsNothingElse) {
  auto uppercase = kId;
  uppercase[0] = 'F';
  for (const auto& name : {
           std::string{},
           std::string{".log"},
           "pod_ns_c-" + kId,
           "pod_ns_c-" + kId + ".log.gz",
           "pod_ns_c-" + kId.substr(1) + ".log",
           "pod_ns_c-" + uppercase + ".log",
           "pod_ns_c" + kId + ".log",
           "pod_ns-" + kId + ".log",
           "pod_n_s_c-" + kId + ".log",
           "_ns_c-" + kId + ".log",
           "pod__c-" + kId + ".log",
           "pod_ns_-" + kId + ".log",
           "-" + kId + ".log",
           kId + ".log",
       }) {
    EXPECT_FALSE(parse_log_link(name)) << name;
  }
}

}  // namespace
}  // namespace cmm
