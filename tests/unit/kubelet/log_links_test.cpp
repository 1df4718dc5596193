// SPDX-License-Identifier: Apache-2.0
#include "kubelet/log_links.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "support/fake_tree.hpp"

namespace cmm {
namespace {

namespace fs = std::filesystem;

class LogLinksTest : public testing::Test {
 protected:
  [[nodiscard]] std::string link(const std::string& pod, char seed) const {
    return directory + "/" + pod + "_shop_web-" + test::fake_container_id(seed) + ".log";
  }
  void add(const std::string& pod, char seed) const { fs::create_symlink("/nowhere", link(pod, seed)); }

  std::string pod_of(char seed) {
    links.refresh();
    const auto* names = links.find(test::fake_container_id(seed));
    return names == nullptr ? "-" : names->pod;
  }

  test::TemporaryDirectory top;
  std::string directory = top.path() + "/containers";
  LogLinks links{directory};
};

TEST_F(LogLinksTest, AreThoseThatWereThereAndThoseThatCome) {
  fs::create_directory(directory);
  add("first", 'a');
  EXPECT_EQ(pod_of('a'), "first");
  add("second", 'b');
  EXPECT_EQ(pod_of('b'), "second");
  EXPECT_EQ(pod_of('a'), "first");
  fs::remove(link("first", 'a'));
  EXPECT_EQ(pod_of('a'), "-");
  EXPECT_EQ(pod_of('b'), "second");
}

TEST_F(LogLinksTest, HaveAnotherVersionWhenSomethingChangedAndOnlyThen) {
  fs::create_directory(directory);
  EXPECT_EQ(links.version(), 0U);
  links.refresh();
  const auto empty = links.version();
  EXPECT_NE(empty, 0U);
  links.refresh();
  EXPECT_EQ(links.version(), empty);
  fs::create_symlink("/nowhere", directory + "/else");
  links.refresh();
  EXPECT_EQ(links.version(), empty);
  add("first", 'a');
  links.refresh();
  EXPECT_NE(links.version(), empty);
}

TEST_F(LogLinksTest, AreFoundOnceTheirDirectoryIsMade) {
  EXPECT_EQ(pod_of('a'), "-");
  ASSERT_TRUE(links.error());
  EXPECT_EQ(links.error()->path, directory);
  fs::create_directory(directory);
  add("first", 'a');
  EXPECT_EQ(pod_of('a'), "first");
  EXPECT_FALSE(links.error());
  add("second", 'b');
  EXPECT_EQ(pod_of('b'), "second") << "it is watched from then on";
}

TEST_F(LogLinksTest, AreThoseOfTheDirectoryThatHasTheNameNow) {
  fs::create_directory(directory);
  add("first", 'a');
  EXPECT_EQ(pod_of('a'), "first");
  fs::rename(directory, directory + ".old");
  fs::create_directory(directory);
  add("second", 'b');
  EXPECT_EQ(pod_of('a'), "-");
  EXPECT_EQ(pod_of('b'), "second");
  fs::create_symlink("/nowhere", directory + ".old/late_shop_web-" + test::fake_container_id('c') + ".log");
  EXPECT_EQ(pod_of('c'), "-");
  fs::remove_all(directory);
  EXPECT_EQ(pod_of('b'), "-");
  EXPECT_TRUE(links.error());
}

TEST_F(LogLinksTest, AreAllFoundWhereMoreCameThanTheKernelRemembers) {
  fs::create_directory(directory);
  links.refresh();
  // fs.inotify.max_queued_events is 16,384 as a rule.
  for (int i = 0; i < 20'000; ++i) fs::create_symlink("/nowhere", directory + "/noise-" + std::to_string(i));
  add("first", 'a');
  EXPECT_EQ(pod_of('a'), "first");
}

}  // namespace
}  // namespace cmm
