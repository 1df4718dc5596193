// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "bench/support.hpp"

namespace cmm::bench {
namespace {

UniqueFd open_for_reading(const std::string& path) {
  UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) throw std::system_error(errno, std::generic_category(), path);
  return fd;
}

}  // namespace

void read_part(const std::string& path, std::uint64_t from, std::uint64_t bytes) {
  const auto file = open_for_reading(path);
  std::vector<char> block(std::size_t{1} << 20U);
  for (const auto end = from + bytes; from < end;) {
    const auto n = ::pread(file.get(), block.data(), std::min<std::uint64_t>(block.size(), end - from),
                           static_cast<off_t>(from));
    if (n <= 0) throw std::runtime_error("cannot read " + path);
    from += static_cast<std::uint64_t>(n);
  }
}

void forget(const std::string& path) {
  const auto file = open_for_reading(path);
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
}

double resident(const std::string& path, Bytes size) {
  const auto file = open_for_reading(path);
  void* const map = ::mmap(nullptr, size.count(), PROT_READ, MAP_SHARED, file.get(), 0);
  if (map == MAP_FAILED) throw std::system_error(errno, std::generic_category(), path);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((size.count() + page - 1) / page);
  ::mincore(map, size.count(), pages.data());
  ::munmap(map, size.count());
  const auto in =
      std::count_if(pages.begin(), pages.end(), [](unsigned char flags) { return (flags & 1U) != 0; });
  return 100.0 * static_cast<double>(in) / static_cast<double>(pages.size());
}

}  // namespace cmm::bench
