// SPDX-License-Identifier: Apache-2.0
// Which container of which pod a cgroup is, and what follows from that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "support/engine_fixture.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;
using test::fake_container_id;
using testing::IsEmpty;

const std::string kPod = "pod0a1b2c3d-1111-2222-3333-444455556666";

class EngineNames : public test::EngineFixture {
 protected:
  EngineNames() {
    std::filesystem::create_directories(logs);
    setup.container_logs = logs;
  }

  static std::string in_pod(char seed) {
    return "kubepods/burstable/" + kPod + "/" + fake_container_id(seed);
  }
  [[nodiscard]] std::string link_of(const std::string& names, char seed) const {
    return logs + "/" + names + "-" + fake_container_id(seed) + ".log";
  }
  void link(const std::string& names, char seed) const {
    std::filesystem::create_symlink("/nowhere", link_of(names, seed));
  }
  std::string names_of(const std::string& name) {
    return full_name(row_of(scan().report, name).cgroup->workload.names);
  }
  std::vector<std::string> paths() {
    std::vector<std::string> paths;
    for (const auto& row : scan().report.targets) paths.push_back(row.cgroup->path);
    return paths;
  }

  std::string logs = tree.root() + "/logs";
};

TEST_P(EngineNames, ComeFromPathAndLink) {
  add(in_pod('a'), {});
  link("web-0_shop_nginx", 'a');
  const auto report = scan().report;
  const auto& workload = row_of(report, in_pod('a')).cgroup->workload;
  EXPECT_EQ(full_name(workload.names), "shop/web-0/nginx");
  EXPECT_EQ(workload.pod_uid, kPod.substr(3));
  EXPECT_EQ(workload.qos, QosClass::burstable);
}

TEST_P(EngineNames, MayComeLaterThanTheCgroupAndStayWhenTheLinkGoes) {
  add(in_pod('a'), {});
  EXPECT_EQ(names_of(in_pod('a')), "") << "a missing link hides nothing";
  link("web-0_shop_nginx", 'a');
  EXPECT_EQ(names_of(in_pod('a')), "shop/web-0/nginx");
  std::filesystem::remove(link_of("web-0_shop_nginx", 'a'));
  EXPECT_EQ(names_of(in_pod('a')), "shop/web-0/nginx");
}

TEST_P(EngineNames, ReachACgroupThatIsMadeAfterTheLink) {
  link("web-0_shop_nginx", 'a');
  EXPECT_THAT(paths(), IsEmpty());
  add(in_pod('a'), {});
  EXPECT_EQ(names_of(in_pod('a')), "shop/web-0/nginx");
}

TEST_P(EngineNames, DecideWhichRuleHoldsAlsoWhenTheyAreKnownLater) {
  setup.rules = {Rule{.match = {.namespace_name = "databases"}, .ignore = true}};
  add(in_pod('a'), MiB(150));
  setup.dry_run = true;
  EXPECT_EQ(decision(in_pod('a')), "request");
  link("postgres-0_databases_server", 'a');
  EXPECT_EQ(decision(in_pod('a'), 1s), "ignored");
}

TEST_P(EngineNames, AreLookedForElsewhereAfterAReload) {
  add(in_pod('a'), {});
  EXPECT_EQ(names_of(in_pod('a')), "");
  auto changed = setup;
  changed.container_logs = tree.root() + "/elsewhere";
  std::filesystem::create_directories(changed.container_logs);
  std::filesystem::create_symlink(
      "/nowhere", changed.container_logs + "/web-0_shop_nginx-" + fake_container_id('a') + ".log");
  changed.hierarchy = tree.hierarchy();
  changed.parents = {{"top"}};
  changed.root = tree.root();
  engine().change(changed);
  EXPECT_EQ(names_of(in_pod('a')), "shop/web-0/nginx");
}

TEST_P(EngineNames, AreMissedOnlyWhereTheDirectoryIs) {
  EXPECT_FALSE(scan().report.names_error);
  std::filesystem::remove_all(logs);
  const auto report = scan().report;
  ASSERT_TRUE(report.names_error);
  EXPECT_EQ(report.names_error->path, logs);
}

TEST_P(EngineNames, TellThePauseContainerWhichIsNoTarget) {
  add(in_pod('f'), MiB(150));
  add(in_pod('a'), MiB(150));
  add(in_pod('b'), MiB(150));
  link("web-0_shop_nginx", 'a');
  const auto seen = paths();
  EXPECT_THAT(seen, testing::UnorderedElementsAre("top/" + in_pod('a'), "top/" + in_pod('b')))
      << "… while a container without a link is one";
}

TEST_P(EngineNames, DontMakeAContainerAPauseContainerWhoseLinkIsLate) {
  add(in_pod('a'), MiB(150));
  EXPECT_EQ(paths().size(), 1U) << "alone";
  add(in_pod('b'), MiB(150));
  EXPECT_EQ(paths().size(), 2U) << "where no container of the pod has one";
  link("web-0_shop_sidecar", 'b');
  EXPECT_EQ(paths().size(), 1U);
  link("web-0_shop_nginx", 'a');
  EXPECT_EQ(paths().size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Versions, EngineNames, testing::Values(CgroupVersion::v1, CgroupVersion::v2),
                         [](const auto& version) {
                           return version.param == CgroupVersion::v1 ? "v1" : "v2";
                         });

}  // namespace
}  // namespace cmm
