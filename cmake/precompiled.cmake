# SPDX-License-Identifier: Apache-2.0
# What nearly every file includes takes longer to read than the file itself; so it is read once for each target. The tidy
# preset does without, and finds the file that leaves an include out.
function(cmm_precompile target)
  # A compiler cache sees the precompiled file, not what is in it.
  if(CMAKE_CXX_COMPILER_LAUNCHER)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <optional> <string> <string_view>
    <unordered_map> <utility> <variant> <vector> <tl/expected.hpp> ${ARGN})
endfunction()
