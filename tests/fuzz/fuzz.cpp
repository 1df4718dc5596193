// SPDX-License-Identifier: Apache-2.0
#include "fuzz/fuzz.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cmm::test::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
