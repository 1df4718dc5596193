// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using namespace std::chrono_literals;

/// Where a reclaim really sleeps in the kernel and no signal ends it: on v1 it waits for pages that are
/// brought to the disk.
class Writeback : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    if (!is_v1()) {
      GTEST_SKIP() << environment_name()
                   << ": a reclaim waits for writeback on v1 only; this runs in the v1 machine";
    }
    if (!slow_data_place()) {
      GTEST_SKIP() << environment_name()
                   << ": no CMM_TEST_SLOW_DATA; the machines of tests/vm have a slow disk";
    }
  }
};

/// For work: reads on and on, so that there is always something to reclaim; nothing of it comes back, so
/// that there is nothing to learn.
void keep_reading_on(const DataFile& stream, std::chrono::milliseconds pause) {
  auto position = std::make_shared<Bytes>();
  const auto read_on = [&stream, position] {
    stream.read_part(*position, MiB(1));
    *position += MiB(1);
  };
  keep_doing(read_on, pause);
}

TEST_F(Writeback, ThatAReclaimWaitsForHoldsNoOtherCgroup) {
  const DataDirectory slow{*slow_data_place()};
  const auto stuck = make("stuck");
  const auto other = make("other");
  const DataFile written{slow, "written", MiB(8)};
  const auto stream = file("stream", MiB(1024 * 64));
  const auto others_stream = file("others-stream", MiB(1024 * 64));
  fill_dirty(stuck, written);
  written.start_writeback();
  // With new pages coming in, reclaim meets those under writeback a second time, and then it waits for them;
  // not with so many that it never gets so far.
  const Tenant reader{stuck, [&] { keep_reading_on(stream, 20ms); }};
  const Tenant others_reader{other, [&] { keep_reading_on(others_stream, 50ms); }};
  auto daemon = watch({"--threshold", "8MiB", "--target", "0", "--interval", "200ms", "--cooldown", "0"});
  const auto hangs = "cgroup=" + stuck.path() + " its reclaim hangs in the kernel";
  ASSERT_TRUE(daemon.wait_for_log(hangs)) << daemon.log();
  const auto after_that = [&] {
    auto lines = parse_reclaims(daemon.log().substr(daemon.log().find(hangs)));
    std::erase_if(lines, [&](const ReclaimLine& each) { return each.cgroup != stuck.path(); });
    return lines;
  };
  ASSERT_TRUE(daemon.wait_until([&] { return !after_that().empty(); })) << "it came back:\n" << daemon.log();
  const auto hung_at = after_that().front().started_at;
  // It took longer than its two seconds and another one, or it would not have been said to hang.
  const auto meanwhile = [&](const ReclaimLine& each) {
    return each.started_at > hung_at && each.started_at < hung_at + 3s;
  };
  EXPECT_TRUE(std::ranges::any_of(daemon.reclaims_of(other), meanwhile)) << daemon.log();
}

}  // namespace
}  // namespace cmm::test
