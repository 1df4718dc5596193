// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <functional>
#include <string>

#include "bench/support.hpp"

namespace cmm::bench {

/// What every benchmark can be told.
struct CommonArguments {
  std::string data = "/var/tmp";
  bool json = false;
};

/// main of the benchmark `name`: reads the command line by its `own` options and those that all have, and
/// runs `body` in a sandbox. The values are where the options put them by then; a notifier of an option may
/// throw. `positional` names the option that may be given without its name.
int run_benchmark(int argc, char** argv, const std::string& name,
                  const boost::program_options::options_description& own, CommonArguments& arguments,
                  const std::function<void(const Sandbox&)>& body, const char* positional = nullptr);

/// An option that is a size, as "2GiB".
boost::program_options::typed_value<std::string>* size_option(Bytes& size);

}  // namespace cmm::bench
