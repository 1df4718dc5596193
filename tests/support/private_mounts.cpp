// SPDX-License-Identifier: Apache-2.0
#include "support/private_mounts.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "support/system_failure.hpp"

namespace cmm::test {

PrivateMounts::PrivateMounts()
    : namespace_(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)),
      directory_(::open(".", O_PATH | O_CLOEXEC)) {
  if (!namespace_ || !directory_) fail("open /proc/self/ns/mnt");
  if (::unshare(CLONE_NEWNS) != 0) fail("unshare");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("make / private");
}

PrivateMounts::~PrivateMounts() {
  // In the wrong namespace every later test would be worthless.
  if (::setns(namespace_.get(), CLONE_NEWNS) == 0 && ::fchdir(directory_.get()) == 0) return;
  std::perror("back to the mount namespace");
  std::abort();
}

void PrivateMounts::make_read_only(const std::string& path) {
  if (::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) fail("bind mount");
  if (::mount(nullptr, path.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0)
    fail("remount");
}

void PrivateMounts::set_read_only(const std::string& path, bool read_only) {
  const unsigned long flags = read_only ? MS_RDONLY : 0;
  if (::mount(nullptr, path.c_str(), nullptr, MS_BIND | MS_REMOUNT | flags, nullptr) != 0) fail("remount");
}

void PrivateMounts::put_over(const std::string& path, const std::string& other) {
  if (::mount(other.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) fail("bind mount");
}

}  // namespace cmm::test
