# SPDX-License-Identifier: Apache-2.0
# Flags of every target of this project; sanitizers have to cover the libraries as well as the programs.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast)
# g++ 12 sees overlapping copies in std::string's own code when it optimizes (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-Wno-restrict)
endif()
if(CMM_WERROR)
  add_compile_options(-Werror)
endif()
if(CMM_SANITIZE)
  add_compile_options(-fsanitize=${CMM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CMM_SANITIZE})
  if(CMM_SANITIZE MATCHES undefined AND CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    add_compile_options(-fsanitize-ignorelist=${PROJECT_SOURCE_DIR}/cmake/sanitizers.ignore)
  endif()
endif()
