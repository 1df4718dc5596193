// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>

#include "support/cgroup_sandbox.hpp"

namespace cmm::test {

/// A child process in a cgroup: what it touches is charged there. The constructor returns when `work` is
/// done; the child then keeps what it made (memory, locks, open files) until the object goes and kills it.
class Tenant {
 public:
  /// Throws where the child can't get into the cgroup or `work` throws.
  Tenant(const TestCgroup& cgroup, const std::function<void()>& work);
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;
  ~Tenant();

 private:
  pid_t pid_;
};

/// Does `work` in a child process in the cgroup; the page cache that it brings in stays when it has gone.
void run_in(const TestCgroup& cgroup, const std::function<void()>& work);

/// For work: does `what` again and again, with this pause between, for as long as the tenant lives.
void keep_doing(const std::function<void()>& what, std::chrono::milliseconds pause);
/// For work: anonymous memory that is written to and kept, of contents that no two pages share.
void keep_anonymous(Bytes size);
/// For work: shared memory, which is page cache that can't be dropped.
void keep_shmem(Bytes size);

}  // namespace cmm::test
