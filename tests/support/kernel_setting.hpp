// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace cmm::test {

/// A file below /proc/sys that says something else for as long as it lives. For virtual machines alone:
/// throws anywhere else.
class KernelSetting {
 public:
  /// `name` as "vm/dirty_ratio"
  KernelSetting(const std::string& name, const std::string& value);
  KernelSetting(const KernelSetting&) = delete;
  KernelSetting& operator=(const KernelSetting&) = delete;
  ~KernelSetting();

 private:
  std::string path_, old_;
};

}  // namespace cmm::test
