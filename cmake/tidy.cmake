# SPDX-License-Identifier: Apache-2.0
# clang-tidy over all that is shipped, without compiling it: `cmake --build --preset tidy`.
find_program(CMM_RUN_CLANG_TIDY run-clang-tidy)
add_custom_target(tidy VERBATIM
  COMMAND ${CMM_RUN_CLANG_TIDY} -quiet -p ${PROJECT_BINARY_DIR}
  COMMENT "clang-tidy")
