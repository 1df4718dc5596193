// SPDX-License-Identifier: Apache-2.0
#include "bench/command_line.hpp"

#include <algorithm>
#include <cctype>
#include <exception>
#include <iostream>

namespace cmm::bench {
namespace {

namespace po = boost::program_options;

std::string in_capitals(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

po::options_description with_common(const std::string& heading, const po::options_description& own,
                                    CommonArguments& arguments) {
  po::options_description all{heading};
  all.add_options()("help", "show this");
  for (const auto& option : own.options()) all.add(option);
  all.add_options()("data", po::value(&arguments.data), "folder for files, on a disk (/var/tmp)")(
      "json", po::bool_switch(&arguments.json), "one JSON document");
  return all;
}

}  // namespace

int run_benchmark(int argc, char** argv, const std::string& name, const po::options_description& own,
                  CommonArguments& arguments, const std::function<void(const Sandbox&)>& body,
                  const char* positional) {
  try {
    auto heading = name;
    po::positional_options_description without_name;
    if (positional != nullptr) {
      heading += " [" + in_capitals(positional) + "]";
      without_name.add(positional, 1);
    }
    const auto options = with_common(heading, own, arguments);
    po::variables_map map;
    po::store(po::command_line_parser(argc, argv).options(options).positional(without_name).run(), map);
    po::notify(map);
    if (map.contains("help")) {
      std::cout << options;
      return 0;
    }
    return run_in_sandbox(arguments.data, body);
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << "\n";
    return 2;
  }
}

po::typed_value<std::string>* size_option(Bytes& size) {
  return po::value<std::string>()->notifier([&size](const std::string& text) { size = size_of(text); });
}

}  // namespace cmm::bench
