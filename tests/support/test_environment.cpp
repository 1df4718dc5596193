// SPDX-License-Identifier: Apache-2.0
#include "support/test_environment.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "cgroupfs/reclaimer_v2.hpp"
#include "support/patience.hpp"

namespace cmm::test {
namespace {

std::string variable(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

}  // namespace

const Hierarchy& memory_hierarchy() {
  static const Hierarchy hierarchy = [] {
    auto found = find_memory_hierarchy();
    if (!found) throw std::runtime_error{found.error().message};
    return *found;
  }();
  return hierarchy;
}

bool is_v1() { return memory_hierarchy().version == CgroupVersion::v1; }

std::string environment_name() { return variable("CMM_TEST_ENVIRONMENT", "host"); }

bool in_vm() { return environment_name().starts_with("vm-"); }

std::optional<std::string> swap_device() {
  auto device = variable("CMM_TEST_SWAP", "");
  if (device.empty()) return std::nullopt;
  return device;
}

bool kernel_takes_swappiness(const std::string& reclaim_file) {
  const UniqueFd file{::open(reclaim_file.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file) throw std::system_error{errno, std::generic_category(), "open " + reclaim_file};
  return takes_swappiness(file.get());
}

bool eventually(const std::function<bool()>& is_so, std::chrono::milliseconds deadline) {
  const Patience patience{deadline};
  while (!is_so()) {
    if (patience.is_over()) return false;
    std::this_thread::sleep_for(patience.pause());
  }
  return true;
}

std::string data_place() { return variable("CMM_TEST_DATA", "/var/tmp"); }

std::optional<std::string> slow_data_place() {
  auto place = variable("CMM_TEST_SLOW_DATA", "");
  if (place.empty()) return std::nullopt;
  return place;
}

DataDirectory::DataDirectory(const std::string& place)
    : path_(place + "/cmm-test-" + std::to_string(::getpid())) {
  std::filesystem::create_directories(path_);
}

DataDirectory::~DataDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace cmm::test
