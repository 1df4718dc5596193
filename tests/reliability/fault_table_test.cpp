// SPDX-License-Identifier: Apache-2.0
// Every system call that the daemon makes on a cgroup's files, failing with every errno that the kernel can
// give there: from start to end, and the first, one in the middle and the last call alone.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "reliability/reliability_test.hpp"
#include "support/pretended_swap.hpp"

namespace cmm::test {
namespace {

constexpr std::array kErrnos{EINTR,  EAGAIN, ENODEV, ENOENT, EACCES, EROFS,
                             EINVAL, EBUSY,  EMFILE, ENFILE, ENOMEM, EIO};
constexpr auto kCacheSize = MiB(16);
constexpr auto kTarget = MiB(6);
// What is looked at in turns has been looked at after so many scans.
constexpr std::size_t kAllTurns = 17;

std::string name_of_errno(int error) { return ::strerrorname_np(error); }

/// A call as it comes in every round, where the container is another one each time.
FileCall kind_of(const FileCall& call, const std::string& branch) {
  auto rest = call.path.substr(branch.size());
  if (rest.starts_with("/cri-containerd-")) {
    const auto end = rest.find('/', 1);
    rest = "/container" + (end == std::string::npos ? std::string{} : rest.substr(end));
  }
  return {call.name, "parent" + rest};
}

/// What is done to the daemon in one round, and how it is told apart in the output.
struct Fault {
  FileCall kind;
  int error = 0;
  std::optional<std::size_t> only = {};  ///< this call alone, counted from 0; otherwise all of them
  [[nodiscard]] std::string name() const {
    return fmt::format("{} {} {}{}", kind.name, kind.path, name_of_errno(error),
                       only ? fmt::format(" at call {}", *only + 1) : std::string{});
  }
};

struct Tally {
  std::size_t tried = 0, held = 0, not_reached = 0;
  [[nodiscard]] std::string text() const {
    return fmt::format("{} tried, {} held{}", tried, held,
                       not_reached == 0 ? "" : fmt::format(" ({} calls didn't come)", not_reached));
  }
};

/// Two parents, of which one has faults: what is below the other goes on as if nothing was.
class FaultTable : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    if (is_v1()) swap_.emplace();  // then memory.swappiness is set, too
    make("faulty");
    make("sound");
    faulty_data_.emplace(directory_, "faulty", kCacheSize);
    sound_data_.emplace(directory_, "sound", kCacheSize);
  }
  void TearDown() override {
    end();
    faulty_data_.reset();
    sound_data_.reset();
    swap_.reset();
    KernelTest::TearDown();
  }

  [[nodiscard]] std::string faulty_parent() const { return make("faulty").absolute(); }
  [[nodiscard]] std::vector<std::string> options() const {
    return {"--parent",     make("faulty").path(),
            "--parent",     make("sound").path(),
            "--threshold",  "8MiB",
            "--target",     "6MiB",
            "--interval",   "100ms",
            "--cooldown",   "0",
            "--budget-cpu", "60s"};
  }

  void begin() {
    end();
    faults_.emplace(faulty_parent(), file_call_names());
    daemon_.emplace(options(), runtime_directory(), *faults_);
    ASSERT_TRUE(daemon_->wait_for_scans(1)) << daemon_->log();
  }
  void end() {
    if (daemon_) {
      faults_->lift();
      EXPECT_EQ(daemon_->stop(), ExitStatus{0}) << daemon_->log();
    }
    daemon_.reset();
    faults_.reset();
  }

  /// The calls of one round in which nothing fails: how often each comes.
  std::map<FileCall, std::size_t> record(bool all_turns) {
    static_cast<void>(faults_->take_calls());
    fill();
    EXPECT_TRUE(daemon_->wait_until([&] { return is_done(faulty()); })) << daemon_->log();
    EXPECT_TRUE(!all_turns || daemon_->wait_for_scans(kAllTurns));
    clean_up();
    std::map<FileCall, std::size_t> kinds;
    for (const auto& call : faults_->take_calls()) ++kinds[kind_of(call, faulty_parent())];
    return kinds;
  }

  /// One round; false: what has to hold didn't, which is printed.
  void try_out(const Fault& fault, Tally& tally) {
    SCOPED_TRACE(fault.name());
    const auto failures = failure_count();
    log_from_ = daemon_->log().size();
    std::size_t seen = 0;
    hits_ = 0;
    faults_->set([this, fault, seen, branch = faulty_parent()](const FileCall& call) mutable {
      if (kind_of(call, branch) != fault.kind) return 0;
      if (fault.only && seen++ != *fault.only) return 0;
      ++hits_;
      return fault.error;
    });
    fill();
    EXPECT_TRUE(daemon_->wait_for_reclaim(sound())) << "another cgroup is affected\n" << tail();
    EXPECT_TRUE(daemon_->wait_until([&] { return is_told(fault) || is_done(faulty()); }))
        << "nobody tells of it\n"
        << tail();
    faults_->lift();
    EXPECT_TRUE(daemon_->wait_until([&] { return is_done(faulty()); })) << "it doesn't heal\n" << tail();
    expect_no_wrong_success();
    clean_up();
    if (hits_ == 0) {
      ++tally.not_reached;
      return;
    }
    ++tally.tried;
    if (failure_count() == failures) ++tally.held;
  }

  static int failure_count() {
    const auto& result = *testing::UnitTest::GetInstance()->current_test_info()->result();
    int count = 0;
    for (int i = 0; i < result.total_part_count(); ++i) count += result.GetTestPartResult(i).failed() ? 1 : 0;
    return count;
  }

 private:
  [[nodiscard]] TestCgroup faulty() const { return make("faulty/" + scope()); }
  [[nodiscard]] TestCgroup sound() const { return make("sound/" + scope()); }
  [[nodiscard]] std::string scope() const { return fmt::format("cri-containerd-{:064x}.scope", round_); }

  void fill() {
    ++round_;
    fill_clean(faulty(), *faulty_data_);
    fill_clean(sound(), *sound_data_);
  }
  void clean_up() const {
    EXPECT_TRUE(faulty().remove());
    EXPECT_TRUE(sound().remove());
  }
  static bool is_done(const TestCgroup& cgroup) { return cgroup.reclaimable() <= kTarget + kSlack; }

  /// The log names the errno and the file's cgroup; or the kernel's word was taken that the cgroup has gone,
  /// or that a reclaim ended without progress.
  [[nodiscard]] bool is_told(const Fault& fault) {
    const auto log = tail();
    if (log.find(std::strerror(fault.error)) != std::string::npos &&
        log.find(make("faulty").path()) != std::string::npos)
      return true;
    if ((fault.error == ENODEV || fault.error == ENOENT) && hits_ > 0) return true;
    const bool is_of_reclaim = fault.kind.name == "write" && (fault.error == EINTR || fault.error == EAGAIN);
    const auto lines = daemon_->reclaims_of(faulty());
    return is_of_reclaim &&
           std::ranges::any_of(lines, [](const auto& line) { return line.outcome == "no progress"; });
  }
  void expect_no_wrong_success() const {
    for (const auto& line : daemon_->reclaims_of(faulty())) {
      EXPECT_TRUE(line.outcome != "target reached" || line.cache_after <= line.target) << tail();
      EXPECT_LE(line.freed, kCacheSize) << tail();
    }
  }
  [[nodiscard]] std::string tail() const { return daemon_->log().substr(log_from_); }

  std::optional<PretendedSwap> swap_;
  DataDirectory directory_;
  std::optional<DataFile> faulty_data_, sound_data_;
  std::optional<FaultInjector> faults_;
  std::optional<Daemon> daemon_;
  std::atomic<std::size_t> hits_ = 0;
  std::size_t log_from_ = 0;
  unsigned round_ = 0;
};

/// All errnos in the long form; in the short one two for each kind of call, others for each, and one where
/// the processor is emulated.
std::vector<int> errnos_for(std::size_t place) {
  if (is_long()) return {kErrnos.begin(), kErrnos.end()};
  if (in_vm()) return {kErrnos[place % kErrnos.size()]};
  return {kErrnos[place % kErrnos.size()], kErrnos[(place + kErrnos.size() / 2 + 1) % kErrnos.size()]};
}

TEST_F(FaultTable, FromStartToEnd) {
  begin();
  const auto kinds = record(true);
  ASSERT_GE(kinds.size(), 8) << "so many are made at least";
  Tally tally;
  std::size_t place = 0;
  for (const auto& [kind, times] : kinds) {
    begin();
    for (const int error : errnos_for(place++)) try_out({kind, error}, tally);
  }
  print_figure("fault table, from start to end", tally.text());
  EXPECT_EQ(tally.held, tally.tried);
}

TEST_F(FaultTable, FirstMiddleAndLastCallAlone) {
  begin();
  const auto kinds = record(false);
  Tally tally;
  std::size_t place = 0;
  for (const auto& [kind, times] : kinds) {
    begin();
    auto errors = errnos_for(place++);
    if (!is_long()) errors.resize(1);
    for (const int error : errors) {
      for (const auto at : std::set<std::size_t>{0, times / 2, times - 1}) try_out({kind, error, at}, tally);
    }
  }
  print_figure("fault table, first, middle and last call alone", tally.text());
  EXPECT_EQ(tally.held, tally.tried);
  EXPECT_GE(tally.tried, kinds.size()) << "most calls didn't come";
}

/// A program that is started while a call fails says why it ends, or does without.
class FaultTableAtTheStart : public FaultTable {
 protected:
  Finished start(FaultInjector& faults) const {
    auto all = options();
    all.insert(all.end(), {"--once"});
    return run_daemon(std::move(all), runtime_directory(), faults);
  }
};

TEST_F(FaultTableAtTheStart, EndsWithTheCauseOrDoesWithout) {
  std::set<FileCall> kinds;
  {
    FaultInjector faults{faulty_parent(), file_call_names()};
    EXPECT_EQ(start(faults).status, ExitStatus{0});
    for (const auto& call : faults.take_calls()) kinds.insert(kind_of(call, faulty_parent()));
  }
  ASSERT_GE(kinds.size(), 5);
  Tally tally;
  std::size_t place = 0;
  for (const auto& kind : kinds) {
    for (const int error : errnos_for(place++)) {
      FaultInjector faults{faulty_parent(), file_call_names()};
      faults.set([&](const FileCall& call) { return kind_of(call, faulty_parent()) == kind ? error : 0; });
      const auto result = start(faults);
      const bool names_it = (result.out + result.err).find(std::strerror(error)) != std::string::npos;
      // Without a target below the parent nothing else would be reported either.
      const bool held = !result.timed_out && (names_it || result.status == ExitStatus{0} || error == ENOENT);
      EXPECT_TRUE(held) << Fault{kind, error}.name() << "\n" << result.out << result.err;
      ++tally.tried;
      tally.held += held ? 1 : 0;
    }
  }
  print_figure("fault table, at the start", tally.text());
}

}  // namespace
}  // namespace cmm::test
