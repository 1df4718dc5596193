// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "bench/support.hpp"

namespace cmm::bench::harm {

/// A cgroup with a limit for one side's workload, below a parent of its own that a daemon can be pointed at.
class Place {
 public:
  Place(const Sandbox& sandbox, std::string name, Bytes limit);
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { remove_cgroup(sandbox_.cgroup + "/" + name_); }

  [[nodiscard]] const Sandbox& sandbox() const { return sandbox_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// As the daemon's --parent takes it.
  [[nodiscard]] std::string parent() const { return sandbox_.name + "/" + name_; }
  /// The directory of the workload's cgroup.
  [[nodiscard]] const std::string& cgroup() const { return cgroup_; }
  [[nodiscard]] Bytes cache() const { return reclaimable(sandbox_, cgroup_); }
  [[nodiscard]] Bytes dirty() const;
  /// What the kernel has counted so far as file pages that came back soon after their eviction.
  [[nodiscard]] Bytes refaulted() const;

 private:
  const Sandbox& sandbox_;
  std::string name_;
  std::string cgroup_;
};

/// A process inside a cgroup. It is killed with the object where it hasn't ended by itself.
class Worker {
 public:
  Worker(const Place& place, const std::function<void()>& work);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// Waits for its end; throws where it failed.
  void wait();
  /// Lets some time pass; throws where it has ended by then.
  void stay(double seconds) const;
  /// What it has made the disk deliver so far, read-ahead included.
  [[nodiscard]] Bytes read_from_disk() const;

 private:
  int pid_;
};

/// A T that a worker writes and its parent reads. It has to be made before the worker: its pages are charged
/// to whoever touches them first.
template <class T>
class Shared {
 public:
  Shared();
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared();
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }

 private:
  T* object_;
};

/// Pages of zeroes that children share.
void* map_shared(std::size_t bytes);
void unmap_shared(void* pages, std::size_t bytes);

template <class T>
Shared<T>::Shared() : object_(new (map_shared(sizeof(T))) T{}) {}

template <class T>
Shared<T>::~Shared() {
  object_->~T();
  unmap_shared(object_, sizeof(T));
}

}  // namespace cmm::bench::harm
