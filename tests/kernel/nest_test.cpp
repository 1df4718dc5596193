// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "support/kernel_test.hpp"
#include "support/pretended_swap.hpp"

namespace cmm::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// What a tenant does in its own container: so many cgroups side by side, and so many one in the other.
void nest(const TestCgroup& container, unsigned flat, unsigned deep) {
  for (unsigned i = 0; i < flat; ++i) {
    fs::create_directory(container.absolute() + "/flat" + std::to_string(i));
  }
  auto path = container.absolute();
  for (unsigned i = 0; i < deep; ++i) fs::create_directory(path += "/n");
}

TestCgroup inside(const TestCgroup& container) { return TestCgroup{container.path() + "/flat7"}; }

/// The calls to read a file that the process has made so far, as the kernel counts them.
std::uint64_t reads_of(pid_t pid) {
  std::ifstream io{"/proc/" + std::to_string(pid) + "/io"};
  std::string key;
  std::uint64_t count = 0;
  while (io >> key >> count) {
    if (key == "syscr:") return count;
  }
  throw std::runtime_error{"this kernel doesn't count the calls of a process"};
}

std::size_t scans_in(const std::string& log) {
  std::size_t count = 0;
  for (auto at = log.find(" scanned targets="); at != std::string::npos;
       at = log.find(" scanned targets=", at + 1)) {
    ++count;
  }
  return count;
}

/// Over two rounds of the turns in which cgroups are looked at closely.
std::uint64_t reads_per_scan(Daemon& daemon) {
  EXPECT_TRUE(daemon.wait_for_scans(1)) << daemon.log();
  const auto reads = reads_of(daemon.pid());
  const auto scans = scans_in(daemon.log());
  EXPECT_TRUE(daemon.wait_for_scans(32)) << daemon.log();
  return (reads_of(daemon.pid()) - reads) / (scans_in(daemon.log()) - scans);
}

/// A tenant that nests, and its neighbour.
class Nest : public KernelTest {
 protected:
  [[nodiscard]] TestCgroup nester() const { return make(container_scope('a')); }
  [[nodiscard]] TestCgroup neighbour() const { return make(container_scope('b')); }
};

TEST_F(Nest, CostsScansNothing) {
  const auto container = nester();
  static_cast<void>(neighbour());
  auto daemon = watch({"--threshold", "1TiB", "--interval", "100ms"});
  const auto before = reads_per_scan(daemon);
  // Each takes some kernel memory, of which the virtual machines have little.
  nest(container, in_vm() ? 500 : 10'000, 100);
  const auto after = reads_per_scan(daemon);
  EXPECT_LT(after, before + 10) << before;
  EXPECT_THAT(daemon.log(), HasSubstr(" scanned targets=2 "));
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
}

TEST_F(Nest, IsReclaimedDownToItsOwnTargetAndItsNeighbourAsEver) {
  nest(nester(), in_vm() ? 300 : 1500, 100);
  const auto data = file("data", MiB(250));
  const auto neighbours_data = file("neighbours-data", MiB(250));
  fill_clean(inside(nester()), data);
  fill_clean(neighbour(), neighbours_data);
  auto daemon = watch({"--threshold", "200MiB", "--target", "150MiB"});
  for (const auto& container : {nester(), neighbour()}) {
    const auto line = daemon.wait_for_reclaim(container);
    ASSERT_TRUE(line) << daemon.log();
    EXPECT_GT(line->freed, Bytes{}) << "on a busy machine its time may end before the target";
    EXPECT_GE(line->cache_after, MiB(125)) << "as far as a slice may go beyond 150 MiB";
  }
  EXPECT_THAT(daemon.log(), HasSubstr(" scanned targets=2 "));
}

/// On v1, where the node says that it has swap: more the daemon doesn't ask.
class NestWithSwap : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    if (!is_v1())
      GTEST_SKIP() << environment_name() << ": memory.swappiness is v1's, this runs where memory is on v1";
    try {
      swap_.emplace();
    } catch (const std::system_error& error) {
      GTEST_SKIP() << environment_name() << ": no mount namespace of its own: " << error.what();
    }
  }

 private:
  std::optional<PretendedSwap> swap_;
};

// memory.swappiness would have to be set, and put back, in each of them, at every reclaim.
TEST_F(NestWithSwap, ThatIsTooLargeToBeSparedIsLeftAloneByNameAndItsNeighbourIsReclaimed) {
  const auto nester = make(container_scope('a'));
  const auto neighbour = make(container_scope('b'));
  nest(nester, 1500, 0);
  inside(nester).write("memory.swappiness", "45");
  const auto data = file("data", MiB(100));
  const auto neighbours_data = file("neighbours-data", MiB(100));
  fill_clean(inside(nester), data);
  fill_clean(neighbour, neighbours_data);
  auto daemon = watch({"--threshold", "64MiB", "--interval", "200ms"});
  ASSERT_TRUE(daemon.wait_for_log("cannot spare the anonymous memory of " + nester.path())) << daemon.log();
  const auto line = daemon.wait_for_reclaim(neighbour);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_GT(line->freed, Bytes{});
  EXPECT_GE(data.resident(), nearly(MiB(100)));
  EXPECT_EQ(inside(nester).swappiness(), 45);
  EXPECT_EQ(daemon.stop(), ExitStatus{0});
  EXPECT_NE(neighbour.swappiness(), 0) << "it was put back";
}

}  // namespace
}  // namespace cmm::test
