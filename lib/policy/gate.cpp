// SPDX-License-Identifier: Apache-2.0
#include "policy/gate.hpp"

namespace cmm {

bool is_open(const Gate& gate, Bytes available, Bytes total) {
  return !gate.node_available_below || available < resolve(Amount{*gate.node_available_below}, total);
}

}  // namespace cmm
