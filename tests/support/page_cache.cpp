// SPDX-License-Identifier: Apache-2.0
#include "support/page_cache.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/unique_fd.hpp"
#include "support/system_failure.hpp"
#include "support/tenant.hpp"

namespace cmm::test {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20U;

UniqueFd open_file(const std::string& path, int flags) {
  UniqueFd file{::open(path.c_str(), flags | O_CLOEXEC, 0600)};
  if (!file) fail("open " + path);
  return file;
}

/// The whole file in the address space, for as long as the object lives.
class Mapping {
 public:
  Mapping(const std::string& path, Bytes size) : size_(size.count()) {
    const auto file = open_file(path, O_RDONLY);
    address_ = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.get(), 0);
    if (address_ == MAP_FAILED) fail("mmap " + path);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(address_, size_); }
  [[nodiscard]] void* address() const { return address_; }

 private:
  void* address_;
  std::size_t size_;
};

}  // namespace

DataFile::DataFile(const DataDirectory& directory, const std::string& name, Bytes size)
    : path_(directory.path() + "/" + name), size_(size) {
  const auto file = open_file(path_, O_WRONLY | O_CREAT | O_EXCL);
  if (::ftruncate(file.get(), static_cast<off_t>(size.count())) != 0) fail("ftruncate " + path_);
}

DataFile::~DataFile() { ::unlink(path_.c_str()); }

void DataFile::read(unsigned times) const {
  const auto file = open_file(path_, O_RDONLY);
  std::vector<char> buffer(kChunk);
  for (unsigned pass = 0; pass < times; ++pass) {
    if (::lseek(file.get(), 0, SEEK_SET) != 0) fail("lseek " + path_);
    ssize_t got = 0;
    while ((got = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    }
    if (got < 0) fail("read " + path_);
  }
}

void DataFile::read_part(Bytes from, Bytes size) const {
  const auto file = open_file(path_, O_RDONLY);
  std::vector<char> buffer(size.count());
  if (::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(from.count())) < 0) {
    fail("read " + path_);
  }
}

void DataFile::touch() const {
  const Mapping mapping{path_, size_};
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto* bytes = static_cast<const volatile char*>(mapping.address());
  for (std::size_t at = 0; at < size_.count(); at += page) static_cast<void>(bytes[at]);
}

void DataFile::write() const {
  const auto file = open_file(path_, O_WRONLY);
  const std::vector<char> chunk(kChunk, 'x');
  for (auto left = size_.count(); left > 0;) {
    const auto put = ::write(file.get(), chunk.data(), std::min<std::size_t>(left, kChunk));
    if (put <= 0) fail("write " + path_);
    left -= static_cast<std::size_t>(put);
  }
}

void DataFile::lock_into_memory() const {
  const auto file = open_file(path_, O_RDONLY);
  // Never unmapped: the lock lasts as long as the process.
  void* address = ::mmap(nullptr, size_.count(), PROT_READ, MAP_SHARED, file.get(), 0);
  if (address == MAP_FAILED) fail("mmap " + path_);
  if (::mlock(address, size_.count()) != 0) fail("mlock " + path_);
}

void DataFile::sync() const {
  if (::fsync(open_file(path_, O_RDONLY).get()) != 0) fail("fsync " + path_);
}

void DataFile::start_writeback() const {
  if (::sync_file_range(open_file(path_, O_RDONLY).get(), 0, 0, SYNC_FILE_RANGE_WRITE) != 0) {
    fail("sync_file_range " + path_);
  }
}

void DataFile::evict() const {
  sync();
  if (::posix_fadvise(open_file(path_, O_RDONLY).get(), 0, 0, POSIX_FADV_DONTNEED) != 0)
    fail("fadvise " + path_);
}

Bytes DataFile::resident() const {
  const Mapping mapping{path_, size_};
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((size_.count() + page - 1) / page);
  if (::mincore(mapping.address(), size_.count(), pages.data()) != 0) fail("mincore " + path_);
  const auto in_memory =
      std::count_if(pages.begin(), pages.end(), [](auto flags) { return (flags & 1U) != 0; });
  return Bytes{static_cast<std::uint64_t>(in_memory) * page};
}

void fill_clean(const TestCgroup& cgroup, const DataFile& file, unsigned times) {
  file.evict();
  run_in(cgroup, [&] { file.read(times); });
}

void fill_dirty(const TestCgroup& cgroup, const DataFile& file) {
  file.evict();
  run_in(cgroup, [&] { file.write(); });
}

}  // namespace cmm::test
