// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "config/text.hpp"
#include "tool/command.hpp"
#include "tool/failure.hpp"
#include "tool/place.hpp"

namespace cmm::tool {
namespace {

int create(const Invocation& invocation) {
  const auto hierarchy = memory_hierarchy();
  const auto path = new_path(hierarchy, invocation.word(0));
  const auto made = make_path(hierarchy, path, {"memory"});
  for (const auto& each : made) {
    fmt::print("Created cgroup '{0}' ({1}/{0})\n", printable(each), hierarchy.mount);
  }
  if (made.empty()) {
    throw Failure{ExitCode::failure,
                  fmt::format("cgroup '{}' exists already; cgroup-tool show {} says what is "
                              "in it",
                              path, path)};
  }
  return 0;
}

}  // namespace

Command create_command() {
  return {.name = "create",
          .arguments = "PATH",
          .summary = "Make a cgroup, and what is missing above it",
          .details = "On cgroup v2 the memory controller is enabled on the way down, and stays enabled.",
          .least_words = 1,
          .most_words = 1,
          .options = {},
          .run = create};
}

}  // namespace cmm::tool
