// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/container_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cmm {
namespace {

const std::string kId = "4f1c2a9d0b7e8f6a5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b";

TEST(ContainerId, IsFoundInEveryNameThatRuntimesGive) {
  const std::string names[] = {
      kId,
      kId + ".scope",
      "docker-" + kId + ".scope",
      "cri-containerd-" + kId + ".scope",
      "crio-" + kId + ".scope",
      "crio-" + kId,
      "libpod-" + kId + ".scope",
      "libpod-payload-" + kId,
      "kubepods-burstable-pod0a1b2c3d_1111_2222_3333_444455556666.slice:cri-containerd:" + kId,
      "system.slice:docker:" + kId,
  };
  for (const auto& name : names) EXPECT_EQ(container_id(name), kId) << name;
}

TEST(ContainerId, IsNotFoundInNamesThatOnlyLookAlike) {
  auto uppercase = kId;
  uppercase[0] = 'F';
  auto not_hex = kId;
  not_hex[63] = 'g';
  const std::string names[] = {
      "",
      ".scope",
      kId.substr(1),
      "docker-" + kId.substr(1) + ".scope",
      "0" + kId,
      "docker" + kId + ".scope",
      "docker_" + kId + ".scope",
      "docker-0" + kId + ".scope",
      uppercase,
      not_hex,
      kId + ".slice",
      kId + ".service",
      kId + ".scope.scope",
      kId + "-merged.mount",
      "docker-" + kId + ".scope ",
      "machine-libpod_pod_" + kId + ".slice",
      "libpod_pod_" + kId,
      "kubepods-burstable-pod0a1b2c3d_1111_2222_3333_444455556666.slice",
      "container",
      "init.scope",
  };
  for (const auto& name : names) EXPECT_EQ(container_id(name), "") << name;
}

TEST(ContainerHelper, CarriesNoContainerIdAlthoughItsNameHasOne) {
  for (const auto& name : {"crio-conmon-" + kId + ".scope", "libpod-conmon-" + kId + ".scope",
                           "crio-conmon-" + kId, std::string{"conmon"}}) {
    EXPECT_TRUE(is_container_helper(name)) << name;
    EXPECT_EQ(container_id(name), "") << name;
  }
  for (const auto& name :
       {"crio-" + kId + ".scope", "libpod-" + kId + ".scope", kId, std::string{"conmon2"}}) {
    EXPECT_FALSE(is_container_helper(name)) << name;
  }
}

TEST(KubernetesLevel, IsAQosClassOrAPodOfEitherDriver) {
  for (const auto* name : {
           "kubepods.slice",
           "kubepods-burstable.slice",
           "kubepods-besteffort.slice",
           "kubepods-burstable-pod0a1b2c3d_1111_2222_3333_444455556666.slice",
           "kubepods-pod0a1b2c3d_1111_2222_3333_444455556666.slice",
           "kubepods",
           "burstable",
           "besteffort",
           "pod0a1b2c3d-1111-2222-3333-444455556666",
           "pod0123456789abcdef0123456789abcdef",
           // kind
           "kubelet.slice",
           "kubelet-kubepods.slice",
           "kubelet-kubepods-burstable.slice",
           "kubelet-kubepods-burstable-pod0a1b2c3d_1111_2222_3333_444455556666.slice",
           "kubelet",
       }) {
    EXPECT_TRUE(is_kubernetes_level(name)) << name;
  }
}

TEST(KubernetesLevel, IsNothingElse) {
  const std::string names[] = {
      "",
      "system.slice",
      "kubelet.service",
      "kubepodsx.slice",
      "my-kubepods.slice",
      "burstable.service",
      "pod",
      "podman",
      "podman.service",
      "pod0a1b2c3d",
      "pod0a1b2c3d-1111-2222-3333-44445555666z",
      kId,
      "cri-containerd-" + kId + ".scope",
      "kubepods-burstable-pod0a1b2c3d_1111_2222_3333_444455556666.slice:cri-containerd:" + kId,
  };
  for (const auto& name : names) EXPECT_FALSE(is_kubernetes_level(name)) << name;
}

}  // namespace
}  // namespace cmm
