// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "support/kernel_test.hpp"

namespace cmm::test {

/// A test with one cgroup in which there are 100 MiB of clean page cache.
class FullCgroupTest : public KernelTest {
 protected:
  explicit FullCgroupTest(std::string name) : name_(std::move(name)) {}
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    data_.reset(new DataFile(file("data", MiB(100))));  // it can't be moved into make_unique
    fill_clean(app(), *data_);
  }

  [[nodiscard]] TestCgroup app() const { return make(name_); }
  /// The file of which the cache is.
  [[nodiscard]] const DataFile& data() const { return *data_; }

 private:
  std::string name_;
  std::unique_ptr<DataFile> data_;
};

}  // namespace cmm::test
