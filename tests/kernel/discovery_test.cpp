// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <csignal>

#include "support/kernel_test.hpp"

namespace cmm::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Discovery : public KernelTest {};

const std::string pod = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b.slice";

TEST_F(Discovery, TakesAContainerAsAWholeAndNeverItsChildren) {
  const auto container = make(container_scope('a'));
  const auto init = make(container.path().substr(top().path().size() + 1) + "/init");
  const auto work = make(container.path().substr(top().path().size() + 1) + "/system.slice/work");
  const auto data_init = file("init", MiB(80));
  const auto data_work = file("work", MiB(80));
  fill_clean(init, data_init);
  fill_clean(work, data_work);
  // Neither child is over the threshold: only together they are.
  auto daemon = watch({"--threshold", "120MiB", "--target", "60MiB", "--interval", "100ms"});
  const auto line = daemon.wait_for_reclaim(container);
  ASSERT_TRUE(line) << daemon.log();
  EXPECT_EQ(line->container, container_id_of('a'));
  EXPECT_EQ(line->outcome, "target reached");
  EXPECT_LE(container.reclaimable(), MiB(60));
  ASSERT_TRUE(daemon.wait_for_scans(3));
  EXPECT_EQ(parse_reclaims(daemon.log()).size(), 1) << daemon.log();
  EXPECT_THAT(daemon.log(), HasSubstr("scanned targets=1 "));
}

TEST_F(Discovery, FindsTheContainersOfAPodAndNoLevelAboveThem) {
  const auto first = make(pod + "/" + container_scope('a'));
  const auto second = make(pod + "/" + container_scope('b'));
  make(pod + "/crio-conmon-" + container_id_of('c') + ".scope");
  const auto table = once({"--dry-run"});
  EXPECT_EQ(table.status, ExitStatus{0}) << table.err;
  EXPECT_THAT(table.out, HasSubstr(first.path() + "\n"));
  EXPECT_THAT(table.out, HasSubstr(second.path() + "\n"));
  EXPECT_EQ(std::ranges::count(table.out, '\n'), 3) << "a heading and two containers:\n" << table.out;
}

TEST_F(Discovery, NeverTakesALevelOfKubernetesThatHasNoContainersYet) {
  const auto level = make(pod);
  const auto data = file("data", MiB(100));
  fill_clean(level, data);
  const auto table = once({"--threshold", "64MiB"});
  EXPECT_EQ(table.status, ExitStatus{0}) << table.err;
  EXPECT_THAT(table.out, HasSubstr("no cgroups to watch below the parent"));
  EXPECT_GE(data.resident(), nearly(MiB(100)));
}

TEST_F(Discovery, SeesAtOnceAPodThatTookTheOthersPlace) {
  const std::string level = "kubepods/burstable/pod0a1b2c3d-1111-2222-3333-44445555666";
  const auto old_pod = make(level + "1");
  const auto old_container = make(level + "1/" + container_id_of('a'));
  auto daemon = watch({"--interval", "100ms"});
  ASSERT_TRUE(daemon.wait_for_scans(2)) << daemon.log();
  // Within one interval: the level above has as many children as before.
  daemon.send_signal(SIGSTOP);
  ASSERT_TRUE(old_container.remove());
  ASSERT_TRUE(old_pod.remove());
  make(level + "2/" + container_id_of('b'));
  daemon.send_signal(SIGCONT);
  ASSERT_TRUE(daemon.wait_for_scans(2)) << daemon.log();
  EXPECT_THAT(daemon.log(), HasSubstr("scanned targets=1 "));
  EXPECT_THAT(daemon.log(), Not(HasSubstr("scanned targets=0 ")));
}

TEST_F(Discovery, TakesTheLeavesWhereNoNameCarriesAContainerId) {
  const auto leaf = make("a.slice/b.service");
  const auto table = once({"--dry-run"});
  EXPECT_THAT(table.out, HasSubstr(leaf.path() + "\n"));
  EXPECT_THAT(table.out, Not(HasSubstr("a.slice\n")));
}

}  // namespace
}  // namespace cmm::test
