# SPDX-License-Identifier: Apache-2.0
# clang-tidy over all that is shipped, without compiling it: `cmake --build --preset tidy`. The analyzer at its quicker
# setting: the other one takes more than twice as long.
find_program(CMM_RUN_CLANG_TIDY run-clang-tidy)
add_custom_target(tidy VERBATIM
  COMMAND ${CMM_RUN_CLANG_TIDY} -quiet -p ${PROJECT_BINARY_DIR}
          -extra-arg=-Xclang -extra-arg=-analyzer-config -extra-arg=-Xclang -extra-arg=mode=shallow
  COMMENT "clang-tidy")
