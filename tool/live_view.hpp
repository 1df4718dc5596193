// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cmm::tool {

/// A table on standard output that is drawn anew in place on a terminal; anywhere else its lines follow each
/// other, below one heading.
class LiveView {
 public:
  LiveView();

  [[nodiscard]] bool is_terminal() const { return terminal_; }
  /// How wide the terminal is.
  [[nodiscard]] static std::size_t columns();
  /// Replaces what was drawn before. What is too wide or too long for the terminal is cut off. Throws Failure
  /// where it can't be written.
  void draw(const std::vector<std::string>& lines, const std::string& heading = {});
  /// Takes the last drawing away, so that something else can be printed.
  void clear();

 private:
  void draw_in_place(const std::vector<std::string>& lines, const std::string& heading);

  bool terminal_;
  bool headed_ = false;    // the heading was printed, where that is once
  std::size_t drawn_ = 0;  // lines that are on the terminal now
};

}  // namespace cmm::tool
