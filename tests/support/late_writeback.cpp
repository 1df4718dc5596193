// SPDX-License-Identifier: Apache-2.0
#include "support/late_writeback.hpp"

#include "support/test_environment.hpp"

namespace cmm::test {

LateWriteback::LateWriteback() {
  if (!in_vm()) return;
  most_.emplace("vm/dirty_ratio", "100");
  background_.emplace("vm/dirty_background_ratio", "99");
  periodic_.emplace("vm/dirty_writeback_centisecs", "360000");
}

}  // namespace cmm::test
