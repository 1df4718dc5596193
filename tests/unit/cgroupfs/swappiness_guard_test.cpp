// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/swappiness_guard.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

#include "cgroupfs/parse.hpp"
#include "support/access_watch.hpp"
#include "support/at_open.hpp"
#include "support/fake_tree.hpp"
#include "support/write_order.hpp"

namespace cmm {
namespace {

using test::FakeTree;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

constexpr const char* kFile = "memory.swappiness";
// No process has it.
constexpr int kDead = 5'000'000;

class SwappinessGuardTest : public testing::Test {
 protected:
  void TearDown() override {
    guarding.reset();
    journal.reset();
  }

  CgroupRef add(const std::string& cgroup, unsigned value) {
    auto made = tree.add(cgroup);
    tree.write(cgroup, kFile, fmt::format("{}\n", value));
    return made;
  }

  [[nodiscard]] std::uint64_t swappiness(const std::string& cgroup) const {
    // A write into a plain file takes the line end of a shorter value with it.
    auto text = tree.read(cgroup, kFile);
    if (!text.ends_with('\n')) text += '\n';
    return parse_number(text).value_or(999);
  }

  [[nodiscard]] std::string journal_text() const {
    std::ifstream file{fmt::format("{}/swappiness.{}", runtime.path(), ::getpid())};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

  /// One of many: with no file but the one that matters.
  void add_nested(const std::string& cgroup, unsigned value = 60) {
    std::filesystem::create_directory(tree.absolute(cgroup));
    tree.write(cgroup, kFile, fmt::format("{}\n", value));
  }

  void expect_too_nested(const Cgroup& cgroup) {
    dir = tree.open(cgroup.path);
    const auto made = SwappinessGuard::set(*journal, dir.get(), cgroup);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, std::errc::too_many_links);
    EXPECT_THAT(made.error().message(), StartsWith("cannot spare the anonymous memory of " + cgroup.path +
                                                   ", in which more than 1000"));
    EXPECT_EQ(swappiness(cgroup.path), 60);
    EXPECT_THAT(open_records(journal_text()), IsEmpty());
  }

  void guard(const Cgroup& cgroup) {
    dir = tree.open(cgroup.path);
    auto made = SwappinessGuard::set(*journal, dir.get(), cgroup);
    ASSERT_TRUE(made) << made.error().message();
    guarding.emplace(std::move(*made));
  }

  /// What a daemon that was killed left behind; the journal that takes it over.
  void restart_with(const std::string& records) {
    journal.reset();
    const auto file = fmt::format("{}/swappiness.{}", runtime.path(), kDead);
    std::ofstream{file} << records;
    std::filesystem::permissions(file,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    journal = std::move(SwappinessJournal::open(runtime.path()).value());
  }

  static std::string record(const Cgroup& cgroup, unsigned value) {
    return fmt::format("+ {} {} {}\n", cgroup.id.inode, value, cgroup.path);
  }

  FakeTree tree{CgroupVersion::v1};
  test::TemporaryDirectory runtime;
  std::unique_ptr<SwappinessJournal> journal = std::move(SwappinessJournal::open(runtime.path()).value());
  UniqueFd dir;
  std::optional<SwappinessGuard> guarding;
};

TEST_F(SwappinessGuardTest, SetsZeroAndPutsTheValueBack) {
  guard(*add("a", 60));
  EXPECT_EQ(swappiness("a"), 0);
  guarding.reset();
  EXPECT_EQ(swappiness("a"), 60);
}

TEST_F(SwappinessGuardTest, PutsEachOfSeveralNestedValuesBack) {
  const auto top = add("a", 60);
  add("a/b", 100);
  add("a/b/c", 7);
  add("a/d", 0);
  guard(*top);
  for (const auto* cgroup : {"a", "a/b", "a/b/c", "a/d"}) EXPECT_EQ(swappiness(cgroup), 0) << cgroup;
  guarding.reset();
  EXPECT_EQ(swappiness("a"), 60);
  EXPECT_EQ(swappiness("a/b"), 100);
  EXPECT_EQ(swappiness("a/b/c"), 7);
  EXPECT_EQ(swappiness("a/d"), 0) << "which was its own";
}

TEST_F(SwappinessGuardTest, GivesACgroupThatWasMadeMeanwhileWhatItsParentHad) {
  const auto top = add("a", 60);
  add("a/b", 30);
  guard(*top);
  add("a/new", 0);
  add("a/b/new", 0);
  add("a/b/new/er", 0);
  guarding.reset();
  EXPECT_EQ(swappiness("a/new"), 60);
  EXPECT_EQ(swappiness("a/b/new"), 30);
  EXPECT_EQ(swappiness("a/b/new/er"), 30);
}

// As two reclaims at the same time do.
TEST_F(SwappinessGuardTest, SharesTheJournalWithThatOfAnotherThread) {
  const std::array cgroups{add("a", 60), add("b", 30)};
  const auto reclaim = [this](const Cgroup& cgroup) {
    const auto own = tree.open(cgroup.path);
    for (int round = 0; round < 50; ++round)
      EXPECT_TRUE(SwappinessGuard::set(*journal, own.get(), cgroup)) << round;
  };
  {
    const std::jthread other{[&] { reclaim(*cgroups[1]); }};
    reclaim(*cgroups[0]);
  }
  EXPECT_EQ(swappiness("a"), 60);
  EXPECT_EQ(swappiness("b"), 30);
  EXPECT_THAT(open_records(journal_text()), IsEmpty());
}

// The children of a were listed by then: the new one isn't among them.
TEST_F(SwappinessGuardTest, SparesAndPutsBackWhatWasMadeWhileItWroteTheOthersDown) {
  const auto top = add("a", 60);
  add("a/b", 30);
  {
    const test::AtOpen made{tree.absolute("a/b") + "/" + kFile, [&] { add_nested("a/new", 20); }};
    guard(*top);
  }
  ASSERT_EQ(tree.read("a/new", kFile).substr(0, 1), "0");
  guarding.reset();
  EXPECT_EQ(swappiness("a/new"), 20);
  EXPECT_EQ(swappiness("a/b"), 30);
  EXPECT_EQ(swappiness("a"), 60);
  EXPECT_THAT(open_records(journal_text()), IsEmpty());
}

TEST_F(SwappinessGuardTest, LeavesAValueAloneThatSomebodyElseSetMeanwhile) {
  const auto top = add("a", 60);
  add("a/b", 30);
  guard(*top);
  tree.write("a", kFile, "15\n");
  tree.write("a/b", kFile, "16\n");
  guarding.reset();
  EXPECT_EQ(swappiness("a"), 15);
  EXPECT_EQ(swappiness("a/b"), 16);
}

TEST_F(SwappinessGuardTest, WritesDownEveryValueBeforeAndNothingStaysOpenAfterwards) {
  const auto top = add("a", 60);
  const auto child = add("a/b", 30);
  guard(*top);
  const auto open = open_records(journal_text());
  EXPECT_THAT(open, ElementsAre(Swappiness{child->id, 30, "a/b"}, Swappiness{top->id, 60, "a"}))
      << "that of a child before that of its parent";
  guarding.reset();
  EXPECT_THAT(open_records(journal_text()), IsEmpty());
}

TEST_F(SwappinessGuardTest, ChangesNothingBeforeEveryValueIsOnRecord) {
  const auto top = add("a", 60);
  add("a/b", 30);
  add("a/b/c", 20);
  add("a/d", 10);
  const auto file_of = [&](const std::string& cgroup) { return tree.absolute(cgroup) + "/" + kFile; };
  test::WriteOrder order;
  order.add(fmt::format("{}/swappiness.{}", runtime.path(), ::getpid()), "journal");
  for (const auto* cgroup : {"a", "a/b", "a/b/c", "a/d"}) order.add(file_of(cgroup), cgroup);
  guard(*top);
  const auto writes = order.writes();
  ASSERT_THAT(writes, UnorderedElementsAre("journal", "a/b/c", "a/b", "a/d", "a"));
  EXPECT_EQ(writes.front(), "journal");
  EXPECT_EQ(writes.back(), "a") << "children first";
}

TEST_F(SwappinessGuardTest, LeavesAZeroAloneThatWasNotOnRecordYetWhenItsOwnerWasKilled) {
  add("a", 60);
  const auto child = add("a/b", 30);
  add("a/zero", 0);
  restart_with(record(*child, 30));
  restore_orphans(*journal, tree.hierarchy().mount);
  EXPECT_EQ(swappiness("a/zero"), 0);
  EXPECT_EQ(swappiness("a/b"), 30);
}

TEST_F(SwappinessGuardTest, LeavesAZeroAloneWhereAnotherChildCantBeRead) {
  const auto top = add("a", 60);
  add("a/b", 30);
  add("a/zero", 0);
  tree.write("a/b", kFile, "junk\n");
  dir = tree.open("a");
  ASSERT_FALSE(SwappinessGuard::set(*journal, dir.get(), *top));
  EXPECT_EQ(swappiness("a/zero"), 0);
  EXPECT_EQ(swappiness("a"), 60);
}

TEST_F(SwappinessGuardTest, GoesOverNoMoreCgroupsThanItsBound) {
  const auto top = add("a", 60);
  for (std::size_t i = 0; i < kMostNested; ++i) add_nested(fmt::format("a/{}", i));
  guard(*top);
  EXPECT_EQ(swappiness("a"), 0);
  guarding.reset();
  EXPECT_EQ(swappiness("a"), 60);
  add_nested("a/more");
  expect_too_nested(*top);
}

TEST_F(SwappinessGuardTest, ListsNothingOfANestThatIsTooLarge) {
  const auto top = add("a", 60);
  for (std::size_t i = 0; i <= kMostNested; ++i) add_nested(fmt::format("a/{}", i));
  dir = tree.open("a");
  test::AccessWatch watch;
  watch.add(tree.absolute("a"));
  EXPECT_FALSE(SwappinessGuard::set(*journal, dir.get(), *top));
  EXPECT_FALSE(watch.saw_any());
}

TEST_F(SwappinessGuardTest, GoesDownNoMoreLevelsThanItsBound) {
  const auto top = add("a", 60);
  std::string path = "a";
  for (unsigned level = 0; level < kDeepestNested; ++level) add_nested(path += "/n");
  guard(*top);
  EXPECT_EQ(swappiness(path), 0);
  guarding.reset();
  EXPECT_EQ(swappiness(path), 60);
  add_nested(path + "/n");
  expect_too_nested(*top);
}

TEST_F(SwappinessGuardTest, ChangesNothingWhosePathIsTooLongToFindItAgain) {
  const auto top = add("a", 60);
  std::string path = "a";
  for (int level = 0; level < 9; ++level) add_nested(path += "/" + std::string(250, 'n'));
  expect_too_nested(*top);
}

TEST_F(SwappinessGuardTest, PutsBackWhatATenantNestedAsDeepAsItLikedMeanwhile) {
  guard(*add("a", 60));
  std::string path = "a";
  for (unsigned level = 0; level < 10 * kDeepestNested; ++level) add_nested(path += "/n", 0);
  guarding.reset();
  EXPECT_EQ(swappiness(path), 60);
}

TEST_F(SwappinessGuardTest, SurvivesThatACgroupIsRemovedMeanwhile) {
  const auto top = add("a", 60);
  add("a/b", 30);
  guard(*top);
  tree.remove("a/b");
  guarding.reset();
  EXPECT_EQ(swappiness("a"), 60);
  EXPECT_THAT(open_records(journal_text()), IsEmpty());
}

TEST_F(SwappinessGuardTest, PutsBackWhatItHadChangedWhereAChildCantBeRead) {
  const auto top = add("a", 60);
  add("a/b", 30);
  tree.write("a/b", kFile, "junk\n");
  dir = tree.open("a");
  const auto made = SwappinessGuard::set(*journal, dir.get(), *top);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message(), "cannot read a/b/memory.swappiness: unexpected content");
  EXPECT_EQ(swappiness("a"), 60);
  EXPECT_EQ(tree.read("a/b", kFile), "junk\n");
  EXPECT_THAT(open_records(journal_text()), IsEmpty());
}

TEST_F(SwappinessGuardTest, KeepsTheRecordOfAValueThatItCouldNotPutBack) {
  guard(*add("a", 60));
  tree.write("a", kFile, "junk\n");
  guarding.reset();
  EXPECT_THAT(open_records(journal_text()), SizeIs(1)) << "the next start tries again";
}

TEST_F(SwappinessGuardTest, RestoresWhatAKilledProcessLeftAtZero) {
  const auto top = add("a b", 0);
  const auto child = add("a b/c", 0);
  add("a b/inherited", 0);
  add("a b/c/inherited", 0);
  restart_with(record(*top, 60) + record(*child, 30));
  restore_orphans(*journal, tree.hierarchy().mount);
  EXPECT_EQ(swappiness("a b"), 60);
  EXPECT_EQ(swappiness("a b/c"), 30);
  EXPECT_EQ(swappiness("a b/inherited"), 60);
  EXPECT_EQ(swappiness("a b/c/inherited"), 30);
  EXPECT_THAT(open_records(journal_text()), IsEmpty());
}

TEST_F(SwappinessGuardTest, RestoresNothingThatIsNoLongerZero) {
  const auto top = add("a", 15);
  restart_with(record(*top, 60));
  restore_orphans(*journal, tree.hierarchy().mount);
  EXPECT_EQ(swappiness("a"), 15);
  EXPECT_THAT(open_records(journal_text()), IsEmpty());
}

TEST_F(SwappinessGuardTest, RestoresNothingOfACgroupThatWasMadeAnewUnderTheSameName) {
  const auto top = add("a", 0);
  tree.recreate("a");
  tree.write("a", kFile, "0\n");
  restart_with(record(*top, 60));
  restore_orphans(*journal, tree.hierarchy().mount);
  EXPECT_EQ(swappiness("a"), 0) << "that zero is its own";
  EXPECT_THAT(open_records(journal_text()), IsEmpty());
}

TEST_F(SwappinessGuardTest, ForgetsTheRecordOfACgroupThatIsGone) {
  const auto top = add("a", 0);
  tree.remove("a");
  restart_with(record(*top, 60));
  restore_orphans(*journal, tree.hierarchy().mount);
  EXPECT_THAT(open_records(journal_text()), IsEmpty());
}

TEST_F(SwappinessGuardTest, KeepsTheRecordOfWhatItCantRestoreForTheNextStart) {
  const auto top = add("a", 0);
  tree.write("a", kFile, "junk\n");
  restart_with(record(*top, 60));
  restore_orphans(*journal, tree.hierarchy().mount);
  EXPECT_THAT(open_records(journal_text()), SizeIs(1));
}

}  // namespace
}  // namespace cmm
