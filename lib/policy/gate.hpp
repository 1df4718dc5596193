// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "model/gate.hpp"

namespace cmm {

/// True where cgroups are to be looked at: the node has less than `gate` says left of its memory.
bool is_open(const Gate& gate, Bytes available, Bytes total);

}  // namespace cmm
