// SPDX-License-Identifier: Apache-2.0
#include "support/standstill.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "support/cgroup_sandbox.hpp"
#include "support/test_environment.hpp"

namespace cmm::test {
namespace {

namespace fs = std::filesystem;

std::string read(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write(const std::string& path, const std::string& text) {
  if (!(std::ofstream{path} << text << std::flush)) throw std::runtime_error{"cannot write " + path};
}

void wait_until_so(const std::string& path, const std::string& text) {
  const auto is_so = [&] { return read(path).find(text) != std::string::npos; };
  if (!eventually(is_so)) throw std::runtime_error{"no \"" + text + "\" in " + path};
}

class BySignal final : public Standstill {
 public:
  explicit BySignal(pid_t process) : process_(process) {}

  void begin() override {
    ::kill(process_, SIGSTOP);
    for (const auto& thread : fs::directory_iterator{"/proc/" + std::to_string(process_) + "/task"})
      wait_until_so(thread.path().string() + "/status", "State:\tT");
  }
  void end() override { ::kill(process_, SIGCONT); }

 private:
  pid_t process_;
};

class ByFreezer final : public Standstill {
 public:
  ByFreezer(const std::string& mount, pid_t process)
      : cgroup_(mount + "/" + CgroupSandbox::own_name() + "-frozen") {
    if (::mkdir(cgroup_.c_str(), 0755) != 0)
      throw std::system_error{errno, std::generic_category(), "mkdir " + cgroup_};
    write(cgroup_ + "/cgroup.procs", std::to_string(process));
  }
  ByFreezer(const ByFreezer&) = delete;
  ByFreezer& operator=(const ByFreezer&) = delete;
  ~ByFreezer() override {
    eventually([&] { return ::rmdir(cgroup_.c_str()) == 0 || errno != EBUSY; });
  }

  void begin() override {
    write(cgroup_ + "/cgroup.freeze", "1");
    wait_until_so(cgroup_ + "/cgroup.events", "frozen 1");
  }
  void end() override { write(cgroup_ + "/cgroup.freeze", "0"); }

 private:
  std::string cgroup_;
};

}  // namespace

std::unique_ptr<Standstill> by_signal(pid_t process) { return std::make_unique<BySignal>(process); }

std::unique_ptr<Standstill> by_freezer(pid_t process) {
  for (const auto* mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    if (fs::exists(std::string{mount} + "/cgroup.controllers"))
      return std::make_unique<ByFreezer>(mount, process);
  }
  return nullptr;
}

}  // namespace cmm::test
