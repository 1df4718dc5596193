// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_setting.hpp"

#include <fstream>
#include <stdexcept>

#include "support/test_environment.hpp"

namespace cmm::test {

KernelSetting::KernelSetting(const std::string& name, const std::string& value) : path_("/proc/sys/" + name) {
  if (!in_vm()) throw std::logic_error{"a test may set " + name + " in a virtual machine only"};
  std::getline(std::ifstream{path_}, old_);
  if (!(std::ofstream{path_} << value << std::flush)) throw std::runtime_error{"cannot set " + name};
}

KernelSetting::~KernelSetting() { std::ofstream{path_} << old_; }

}  // namespace cmm::test
