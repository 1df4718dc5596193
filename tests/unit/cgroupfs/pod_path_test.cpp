// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/pod_path.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cmm {
namespace {

const std::string kUid = "0a1b2c3d-1111-2222-3333-444455556666";
const std::string kUnderscored = "0a1b2c3d_1111_2222_3333_444455556666";
const std::string kId(64, 'a');

TEST(PodOfPath, IsFoundWithEitherCgroupDriverWhateverIsAbove) {
  const struct {
    std::string path;
    QosClass qos;
  } rows[] = {
      {"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kUnderscored +
           ".slice/cri-containerd-" + kId + ".scope",
       QosClass::burstable},
      {"kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + kUnderscored + ".slice/crio-" +
           kId + ".scope",
       QosClass::best_effort},
      {"kubepods.slice/kubepods-pod" + kUnderscored + ".slice/docker-" + kId + ".scope",
       QosClass::guaranteed},
      {"kubepods/burstable/pod" + kUid + "/" + kId, QosClass::burstable},
      {"kubepods/besteffort/pod" + kUid + "/" + kId, QosClass::best_effort},
      {"kubepods/pod" + kUid + "/" + kId, QosClass::guaranteed},
      {"kubepods/pod" + kUid, QosClass::guaranteed},
      {"kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
       "kubelet-kubepods-burstable-pod" +
           kUnderscored + ".slice/cri-containerd-" + kId + ".scope",
       QosClass::burstable},
      {"docker/" + kId + "/kubepods/besteffort/pod" + kUid + "/" + kId, QosClass::best_effort},
      {"system.slice/containerd.service/kubepods-burstable-pod" + kUnderscored +
           ".slice:cri-containerd:" + kId,
       QosClass::burstable},
  };
  for (const auto& row : rows) {
    const auto pod = pod_of_path(row.path);
    EXPECT_EQ(pod.pod_uid, kUid) << row.path;
    EXPECT_EQ(pod.qos, row.qos) << row.path;
    EXPECT_EQ(pod.names, ContainerNames{}) << row.path;
  }
}

TEST(PodOfPath, KnowsTheUidOfAStaticPod) {
  const std::string uid(32, 'b');
  EXPECT_EQ(pod_of_path("kubepods/burstable/pod" + uid + "/" + kId).pod_uid, uid);
}

TEST(PodOfPath, IsNoneElsewhere) {
  for (const auto& path :
       {std::string{}, std::string{"system.slice/podman.service"}, "docker/" + kId,
        std::string{"machine.slice/libpod-"} + kId + ".scope", "kubepods/burstable/pod" + kUid.substr(1),
        "kubepods/tripod" + kUid, "machine.slice/machine-libpod_pod_" + kId + ".slice"}) {
    EXPECT_EQ(pod_of_path(path), Workload{}) << path;
  }
}

}  // namespace
}  // namespace cmm
