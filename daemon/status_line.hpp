// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "cgroupfs/hierarchy.hpp"
#include "engine/report.hpp"
#include "model/reclaim.hpp"

namespace cmm {

/// The daemon in one line, for `systemctl status`.
class StatusLine {
 public:
  explicit StatusLine(const std::vector<Parent>& parents) { change(parents); }

  void change(const std::vector<Parent>& parents);
  void scanned(const ScanReport& report);
  void reclaimed(const ReclaimOutcome& outcome);
  /// `error` is empty where it went well.
  void reloaded(std::string error) { reload_error_ = std::move(error); }

  /// "watching 42 cgroups below kubepods.slice, 3 over their threshold; freed 1.5 GiB in 12 reclaims"
  [[nodiscard]] std::string text() const;

 private:
  std::string parents_;
  std::size_t targets_ = 0;
  std::size_t over_ = 0;
  bool gate_closed_ = false;
  std::uint64_t reclaims_ = 0;
  Bytes freed_;
  std::string reload_error_;
};

}  // namespace cmm
