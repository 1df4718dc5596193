# SPDX-License-Identifier: Apache-2.0
# Debian 12's packages and nothing else.
find_package(Threads REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
# Its package's own CMake files want the parts for pushing and serving as well, which aren't needed.
find_library(PROMETHEUS_CORE prometheus-cpp-core REQUIRED)
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)

find_path(YAML_CPP_INCLUDE_DIR yaml-cpp/yaml.h REQUIRED)
find_library(YAML_CPP_STATIC libyaml-cpp.a REQUIRED)
add_library(cmm_yaml_cpp STATIC IMPORTED)
set_target_properties(cmm_yaml_cpp PROPERTIES IMPORTED_LOCATION ${YAML_CPP_STATIC})
target_include_directories(cmm_yaml_cpp SYSTEM INTERFACE ${YAML_CPP_INCLUDE_DIR})

# What is shipped loads what Debian has no static or header-only form of, which is prometheus-cpp and with it the C++
# runtime, and nothing else: each shared library adds relocated pages of its own to the resident set. Compiling fmt's
# headers into every file takes five times as long, so the other builds load it.
option(CMM_LEAN "Compile in fmt and spdlog instead of loading them" OFF)
add_library(cmm_fmt INTERFACE)
add_library(cmm_spdlog INTERFACE)
if(CMM_LEAN)
  target_link_libraries(cmm_fmt INTERFACE fmt::fmt-header-only)
  # Debian's own header-only target of spdlog would load fmt's library.
  target_compile_definitions(cmm_spdlog INTERFACE SPDLOG_FMT_EXTERNAL)
  target_link_libraries(cmm_spdlog INTERFACE cmm_fmt Threads::Threads)
else()
  target_link_libraries(cmm_fmt INTERFACE fmt::fmt)
  target_link_libraries(cmm_spdlog INTERFACE spdlog::spdlog)
endif()
