// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace cmm {
namespace {

TEST(Error, SaysWhatWasTriedOnWhichFileAndWhatCameBack) {
  const Error error{std::make_error_code(std::errc::permission_denied), "open", "/a/memory.stat"};
  EXPECT_EQ(error.message(), "cannot open /a/memory.stat: Permission denied");
}

TEST(Error, SaysOfContentWithoutSenseThatItIsUnexpected) {
  const Error error{std::make_error_code(std::errc::bad_message), "read", "/a/memory.stat"};
  EXPECT_EQ(error.message(), "cannot read /a/memory.stat: unexpected content");
}

TEST(Error, TakesTheCodeOfErrno) {
  errno = EROFS;
  const auto error = errno_error("write", "x");
  EXPECT_EQ(error, (Error{std::make_error_code(std::errc::read_only_file_system), "write", "x"}));
}

TEST(Error, OfSomethingThatIsGoneIsToldFromOthers) {
  const auto gone = [](std::errc code) { return is_gone(std::make_error_code(code)); };
  EXPECT_TRUE(gone(std::errc::no_such_file_or_directory));
  EXPECT_TRUE(gone(std::errc::no_such_device));
  EXPECT_FALSE(gone(std::errc::no_such_device_or_address));
  EXPECT_FALSE(gone(std::errc::permission_denied));
  EXPECT_FALSE(is_gone({}));
}

}  // namespace
}  // namespace cmm
