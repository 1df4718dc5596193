// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime_directory.hpp"

#include <cstdlib>

namespace cmm {

// systemd's RuntimeDirectory= names it here; with several of them, the first is ours.
std::string runtime_directory() {
  const char* given = std::getenv("RUNTIME_DIRECTORY");
  if (given == nullptr || *given == '\0') return "/run/cgroup-memory-manager";
  const std::string list{given};
  return list.substr(0, list.find(':'));
}

std::string control_socket_path() { return runtime_directory() + "/control.sock"; }

}  // namespace cmm
