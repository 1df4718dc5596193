// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/time.hpp"

namespace cmm {

/// The CPU time that the calling thread has taken so far, in user space and in the kernel.
Duration thread_cpu_time();

}  // namespace cmm
