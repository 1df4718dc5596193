// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/pod_path.hpp"

#include <algorithm>
#include <string>

#include "fuzz/fuzz.hpp"

void cmm::test::fuzz(std::string_view text) {
  const auto pod = pod_of_path(text);
  check(pod.pod_uid.empty() == !pod.qos, "a pod has a uid and a class, or neither");
  if (pod.pod_uid.empty()) return;
  check(std::ranges::count(pod.pod_uid, '-') + 32 == static_cast<std::ptrdiff_t>(pod.pod_uid.size()),
        "a uid has 32 digits");
  check(pod_of_path("kubelet.slice/" + std::string{text}) == pod, "what is above changes nothing");
}
