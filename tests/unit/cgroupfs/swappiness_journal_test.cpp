// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/swappiness_journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/fake_tree.hpp"

namespace cmm {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Swappiness entry(std::uint64_t inode, std::uint64_t value, std::string path) {
  return {CgroupId{inode}, value, std::move(path)};
}

TEST(OpenRecords, AreThoseThatWereAddedAndNotRemoved) {
  EXPECT_THAT(open_records("+ 1 60 a\n+ 2 10 b/c\n- 1 60 a\n"), ElementsAre(entry(2, 10, "b/c")));
  EXPECT_THAT(open_records("+ 1 60 a\n- 1 60 a\n+ 1 60 a\n"), ElementsAre(entry(1, 60, "a")));
  EXPECT_THAT(open_records("+ 1 60 a\n- 1 60 a\n"), IsEmpty());
  EXPECT_THAT(open_records(""), IsEmpty());
}

TEST(OpenRecords, MayHaveBlanksAndSignsInTheirPaths) {
  EXPECT_THAT(open_records("+ 1 60 a b/- 1 c \n"), ElementsAre(entry(1, 60, "a b/- 1 c ")));
}

TEST(OpenRecords, LeaveATornLastLineOut) {
  EXPECT_THAT(open_records("+ 1 60 a\n+ 2 60 b"), ElementsAre(entry(1, 60, "a")));
  EXPECT_THAT(open_records("+ 1 60 a\n- 1 60 a"), ElementsAre(entry(1, 60, "a")));
}

TEST(OpenRecords, PassOverLinesThatMakeNoSense) {
  EXPECT_THAT(open_records("\njunk\n+\n+ \n+ x 60 a\n+ 1 y a\n+ 1 60\n+ 1 60 \n+1 60 a\n+ -1 60 a\n"
                           "+ 99999999999999999999 60 a\n+ 1 201 a\n- 9 60 z\n+ 3 100 c\n"),
              ElementsAre(entry(3, 100, "c")));
}

TEST(OpenRecords, LeadNowhereButIntoTheHierarchy) {
  EXPECT_THAT(open_records("+ 1 60 /etc\n+ 1 60 ..\n+ 1 60 ../etc\n+ 1 60 a/../../etc\n+ 1 60 a/..\n"
                           "+ 1 60 .\n+ 1 60 ./a\n+ 1 60 a//b\n+ 1 60 a/\n"),
              IsEmpty());
  EXPECT_THAT(open_records("+ 1 60 ..a/b../...\n"), ElementsAre(entry(1, 60, "..a/b../...")));
}

TEST(OpenRecords, OfOneCgroupThatIsOpenTwiceAreClosedOneByOne) {
  EXPECT_THAT(open_records("+ 1 60 a\n+ 1 60 a\n- 1 60 a\n"), ElementsAre(entry(1, 60, "a")));
}

class JournalTest : public testing::Test {
 protected:
  [[nodiscard]] std::string file_of(int pid) const {
    return fmt::format("{}/swappiness.{}", dir.path(), pid);
  }

  void write(int pid, std::string_view text) const {
    std::ofstream{file_of(pid)} << text;
    fs::permissions(file_of(pid), fs::perms::owner_read | fs::perms::owner_write);  // whatever the umask is
  }

  [[nodiscard]] std::string read(int pid) const {
    std::ifstream file{file_of(pid)};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

  [[nodiscard]] std::unique_ptr<SwappinessJournal> open() const {
    auto journal = SwappinessJournal::open(dir.path());
    EXPECT_TRUE(journal) << journal.error().message();
    return journal ? std::move(*journal) : nullptr;
  }

  /// By somebody who holds it open; a lock belongs to whoever opened the file, also within one process.
  [[nodiscard]] bool is_locked(int pid) const {
    const UniqueFd file{::open(file_of(pid).c_str(), O_RDWR | O_CLOEXEC)};
    return file && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  }

  /// The size of the file at its longest, while a thousand records come and go.
  [[nodiscard]] std::uintmax_t longest_while_others_go_on(SwappinessJournal& journal) const {
    const auto other = entry(2, 60, std::string(kLongPath, 'x'));
    std::uintmax_t longest = 0;
    for (int i = 0; i < 1000; ++i) {
      EXPECT_TRUE(journal.add(other));
      journal.remove(other);
      longest = std::max(longest, fs::file_size(file_of(me)));
    }
    return longest;
  }

  test::TemporaryDirectory dir;
  const int me = ::getpid();
  static constexpr std::size_t kLongPath = 2000;
  // Above the largest that the kernel gives.
  static constexpr int kDead = 5'000'000;
};

/// For as long as it lives, no file of this process gets larger than this.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{size, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST_F(JournalTest, LosesNoRecordAfterOneThatTheDiskHadNoRoomFor) {
  const auto journal = open();
  ASSERT_TRUE(journal->add(entry(1, 60, "a")));
  bool added = false;
  {
    const FileSizeLimit full{read(me).size() + 4};
    added = journal->add(entry(2, 10, "b")).has_value();
  }
  EXPECT_FALSE(added);
  ASSERT_TRUE(journal->add(entry(3, 20, "c")));
  EXPECT_THAT(open_records(read(me)), ElementsAre(entry(1, 60, "a"), entry(3, 20, "c")));
}

TEST_F(JournalTest, WritesEachRecordBeforeAddReturns) {
  const auto journal = open();
  ASSERT_TRUE(journal->add(entry(1, 60, "a b")));
  EXPECT_EQ(read(me), "+ 1 60 a b\n");
  ASSERT_TRUE(journal->add(entry(2, 10, "c")));
  journal->remove(entry(1, 60, "a b"));
  EXPECT_THAT(open_records(read(me)), ElementsAre(entry(2, 10, "c")));
}

TEST_F(JournalTest, StartsAnewWhenNothingIsOpenSoThatItCantGrowForEver) {
  const auto journal = open();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(journal->add(entry(1, 60, "a")));
    journal->remove(entry(1, 60, "a"));
  }
  EXPECT_EQ(read(me), "");
  ASSERT_TRUE(journal->add(entry(2, 60, "b")));
  EXPECT_EQ(read(me), "+ 2 60 b\n");
}

// A reclaim that hangs keeps its record open for as long, and the others go on.
TEST_F(JournalTest, ShortensItselfWhileSomethingStaysOpen) {
  const auto journal = open();
  ASSERT_TRUE(journal->add(entry(1, 60, "hangs")));
  EXPECT_LT(longest_while_others_go_on(*journal), (1 << 20) + 2 * kLongPath + 100)
      << "of 4 MB that were written";
  EXPECT_THAT(open_records(read(me)), ElementsAre(entry(1, 60, "hangs")));
  EXPECT_TRUE(is_locked(me)) << "or another one takes it for a dead process's";
  EXPECT_EQ(std::distance(fs::directory_iterator{dir.path()}, {}), 1) << "nothing else is left";
}

TEST_F(JournalTest, GoesOnWithTheLongFileWhereItCantHaveAShorterOne) {
  fs::create_directory(file_of(me) + ".next");
  const auto journal = open();
  ASSERT_TRUE(journal->add(entry(1, 60, "hangs")));
  EXPECT_GT(longest_while_others_go_on(*journal), std::uintmax_t{2} << 20);
  EXPECT_THAT(open_records(read(me)), ElementsAre(entry(1, 60, "hangs")));
}

TEST_F(JournalTest, RemovesItsFileAtTheEndWhereNothingIsOpen) {
  auto journal = open();
  EXPECT_TRUE(fs::exists(file_of(me)));
  ASSERT_TRUE(journal->add(entry(1, 60, "a")));
  journal->remove(entry(1, 60, "a"));
  journal.reset();
  EXPECT_FALSE(fs::exists(file_of(me)));
}

TEST_F(JournalTest, LeavesItsFileBehindWhereSomethingIsOpenAndTheNextOneTakesItOver) {
  auto journal = open();
  ASSERT_TRUE(journal->add(entry(1, 60, "a")));
  journal.reset();
  ASSERT_TRUE(fs::exists(file_of(me)));
  journal = open();
  EXPECT_THAT(journal->orphans(), ElementsAre(entry(1, 60, "a"))) << "a process id comes round again";
  journal->remove(entry(1, 60, "a"));
  journal.reset();
  EXPECT_FALSE(fs::exists(file_of(me)));
}

TEST_F(JournalTest, TakesOverWhatADeadProcessLeft) {
  write(kDead, "+ 1 60 a\n+ 2 10 b\n- 1 60 a\n+ 3 5 to");
  write(kDead + 1, "+ 4 20 d\n");
  auto journal = open();
  EXPECT_THAT(journal->orphans(), testing::UnorderedElementsAre(entry(2, 10, "b"), entry(4, 20, "d")));
  EXPECT_FALSE(fs::exists(file_of(kDead)));
  EXPECT_FALSE(fs::exists(file_of(kDead + 1)));
  EXPECT_THAT(open_records(read(me)), testing::UnorderedElementsAre(entry(2, 10, "b"), entry(4, 20, "d")))
      << "or a kill right now would lose them";
  journal.reset();
  EXPECT_TRUE(fs::exists(file_of(me))) << "they aren't put back yet";
}

TEST_F(JournalTest, LeavesTheFileOfALivingOwnerAlone) {
  write(kDead, "+ 1 60 a\n");
  // The owner is another process: a lock of this one's own would be no proof.
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const auto owner = ::fork();
  ASSERT_GE(owner, 0);
  char byte = 0;
  if (owner == 0) {
    const int file = ::open(file_of(kDead).c_str(), O_RDWR | O_CLOEXEC);
    ::close(done[1]);
    if (file < 0 || ::flock(file, LOCK_EX) != 0 || ::write(ready[1], "x", 1) != 1) ::_exit(1);
    ::_exit(::read(done[0], &byte, 1) == 0 ? 0 : 1);
  }
  ::close(ready[1]);
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_THAT(open()->orphans(), IsEmpty());
  EXPECT_EQ(read(kDead), "+ 1 60 a\n");
  ::close(done[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(owner, &status, 0), owner);
  EXPECT_EQ(status, 0);
  EXPECT_THAT(open()->orphans(), ElementsAre(entry(1, 60, "a"))) << "now that its owner is dead";
  ::close(ready[0]);
  ::close(done[0]);
}

TEST_F(JournalTest, LeavesOtherFilesOfTheDirectoryAlone) {
  std::ofstream{dir.path() + "/notes"} << "+ 1 60 a\n";
  EXPECT_THAT(open()->orphans(), IsEmpty());
  EXPECT_TRUE(fs::exists(dir.path() + "/notes"));
}

TEST_F(JournalTest, LosesNoRecordBehindATornOneInItsOwnFile) {
  // In a container the daemon has the same process id at every start.
  write(me, "+ 1 60 a\n+ 2 60");
  const auto journal = open();
  ASSERT_TRUE(journal->add(entry(3, 10, "c")));
  EXPECT_THAT(open_records(read(me)), ElementsAre(entry(1, 60, "a"), entry(3, 10, "c")));
}

TEST_F(JournalTest, MakesItsDirectory) {
  const auto deep = dir.path() + "/run/cmm";
  const auto journal = SwappinessJournal::open(deep);
  ASSERT_TRUE(journal);
  EXPECT_TRUE(fs::exists(fmt::format("{}/swappiness.{}", deep, me)));
}

TEST_F(JournalTest, SaysWhyItCantMakeItsDirectory) {
  std::ofstream{dir.path() + "/file"} << "";
  const auto journal = SwappinessJournal::open(dir.path() + "/file/run");
  ASSERT_FALSE(journal);
  EXPECT_THAT(journal.error().message(),
              HasSubstr("cannot make the runtime directory " + dir.path() + "/file/run"));
}

TEST_F(JournalTest, BelievesNothingThatOthersMayChangeAndSaysSo) {
  write(kDead, "+ 1 60 a\n");
  fs::permissions(file_of(kDead), fs::perms::owner_read | fs::perms::owner_write | fs::perms::others_write);
  write(kDead + 1, "+ 2 60 b\n");
  const auto journal = open();
  EXPECT_THAT(journal->orphans(), ElementsAre(entry(2, 60, "b"))) << "the others count all the same";
  EXPECT_THAT(journal->refused(), ElementsAre("cannot trust " + file_of(kDead) +
                                              ": everybody may change it; chmod go-w " + file_of(kDead)));
  EXPECT_EQ(read(kDead), "+ 1 60 a\n") << "it stays for whoever looks into it";
}

TEST_F(JournalTest, BelievesNothingOfAnotherUser) {
  write(kDead, "+ 1 60 a\n");
  if (::chown(file_of(kDead).c_str(), 1000, 1000) != 0) GTEST_SKIP() << "only root can give a file away";
  const auto journal = open();
  EXPECT_THAT(journal->orphans(), IsEmpty());
  EXPECT_THAT(journal->refused(), ElementsAre(HasSubstr("user 1000, its owner, may change it; chown root ")));
}

TEST_F(JournalTest, BelievesNoLinkAndNothingThatIsNoFile) {
  std::ofstream{dir.path() + "/elsewhere"} << "+ 1 60 a\n";
  fs::create_symlink(dir.path() + "/elsewhere", file_of(kDead));
  ASSERT_EQ(::mkfifo(file_of(kDead + 1).c_str(), 0600), 0);
  fs::create_directory(file_of(kDead + 2));
  const auto journal = open();
  EXPECT_THAT(journal->orphans(), IsEmpty());
  EXPECT_THAT(journal->refused(),
              testing::UnorderedElementsAre(
                  HasSubstr(file_of(kDead) + ": it can't be opened: Too many levels of symbolic links"),
                  HasSubstr(file_of(kDead + 1) + ": it is no regular file"),
                  HasSubstr(file_of(kDead + 2) + ": it can't be opened: Is a directory")));
}

TEST_F(JournalTest, WritesToNoFileThatOthersMayChange) {
  write(me, "");
  fs::permissions(file_of(me), fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_write);
  const auto journal = SwappinessJournal::open(dir.path());
  ASSERT_FALSE(journal);
  EXPECT_THAT(journal.error().message(), HasSubstr("cannot trust " + file_of(me) + " (group "));
  EXPECT_THAT(journal.error().message(), HasSubstr("chmod go-w " + file_of(me)));
  EXPECT_TRUE(fs::exists(file_of(me)));
}

TEST_F(JournalTest, RefusesADirectoryThatIsALink) {
  fs::create_directory(dir.path() + "/elsewhere");
  fs::create_directory_symlink(dir.path() + "/elsewhere", dir.path() + "/run");
  const auto journal = SwappinessJournal::open(dir.path() + "/run");
  ASSERT_FALSE(journal);
  EXPECT_THAT(journal.error().message(),
              HasSubstr("cannot open the runtime directory " + dir.path() + "/run"));
  EXPECT_TRUE(fs::is_empty(dir.path() + "/elsewhere"));
}

// As an emptyDir of Kubernetes is.
TEST_F(JournalTest, MayBeInADirectoryThatOthersMayWriteTo) {
  fs::permissions(dir.path(), fs::perms::all);
  write(kDead, "+ 1 60 a\n");
  EXPECT_THAT(open()->orphans(), ElementsAre(entry(1, 60, "a")));
}

TEST_F(JournalTest, RefusesAFileThatIsALink) {
  fs::create_symlink(dir.path() + "/elsewhere", file_of(me));
  EXPECT_FALSE(SwappinessJournal::open(dir.path()));
  EXPECT_FALSE(fs::exists(dir.path() + "/elsewhere"));
}

}  // namespace
}  // namespace cmm
