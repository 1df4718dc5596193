// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/securebits.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace cmm::test {

/// For Command::before_exec: the program gets no capabilities, so that the modes of files hold for root too.
/// False: it would get them all the same.
inline bool obey_file_modes() { return ::geteuid() != 0 || ::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT) == 0; }

}  // namespace cmm::test
