// SPDX-License-Identifier: Apache-2.0
#include "cgroupfs/slice_timer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <system_error>

#include "base/unique_fd.hpp"
#include "support/kernel_test.hpp"

namespace cmm {
namespace {

using namespace std::chrono_literals;

/// A pipe that takes not a byte more: a write blocks until a signal ends it.
class FullPipe {
 public:
  FullPipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return;
    read_end_ = UniqueFd{ends[0]};
    write_end_ = UniqueFd{ends[1]};
    const auto size = ::fcntl(ends[1], F_GETPIPE_SZ);
    const std::string filling(static_cast<std::size_t>(size), 'x');
    filled_ = ::write(ends[1], filling.data(), filling.size()) == size;
  }
  [[nodiscard]] bool is_full() const { return filled_; }
  [[nodiscard]] int fd() const { return write_end_.get(); }

 private:
  UniqueFd read_end_;
  UniqueFd write_end_;
  bool filled_ = false;
};

/// It needs no cgroup, but the processors and kernels that those with one run on.
class ASlice : public test::KernelTest {};

TEST_F(ASlice, EndsAWriteThatBlocks) {
  const FullPipe pipe;
  ASSERT_TRUE(pipe.is_full());
  SliceTimer timer;
  const auto slice = timer.write(pipe.fd(), "0", 2ms);
  EXPECT_EQ(slice.error, std::errc::interrupted);
  EXPECT_GE(slice.took, 2ms);
}

TEST_F(ASlice, EndsAWriteThatTheFirstSignalCameTooSoonFor) {
  const FullPipe pipe;
  ASSERT_TRUE(pipe.is_full());
  SliceTimer timer;
  EXPECT_EQ(timer.write(pipe.fd(), "0", 1ns).error, std::errc::interrupted);
}

// A traced or emulated process may need longer for a signal than a short slice lasts.
TEST_F(ASlice, ComesToAnEndWhereSignalsComeFasterThanTheyAreHandled) {
  const UniqueFd file{::memfd_create("slice", 0)};
  SliceTimer timer;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(timer.write(file.get(), "0", 1ns).error, std::error_code{});
}

TEST_F(ASlice, SendsNoSignalAfterTheWrite) {
  const UniqueFd file{::memfd_create("slice", 0)};
  SliceTimer timer;
  EXPECT_EQ(timer.write(file.get(), "0", 1ms).error, std::error_code{});
  EXPECT_EQ(::usleep(20'000), 0) << "interrupted";
}

}  // namespace
}  // namespace cmm
