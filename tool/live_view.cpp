// SPDX-License-Identifier: Apache-2.0
#include "tool/live_view.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "tool/failure.hpp"

namespace cmm::tool {
namespace {

winsize terminal_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {24, 80, 0, 0};
  return size;
}

/// At most `columns` characters of UTF-8; one that continues another takes no column.
std::string cut(const std::string& line, std::size_t columns) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U;
    if (begins && ++width > columns) return line.substr(0, i);
  }
  return line;
}

}  // namespace

std::size_t LiveView::columns() { return terminal_size().ws_col; }

LiveView::LiveView() : terminal_(::isatty(STDOUT_FILENO) == 1) {}

void LiveView::draw(const std::vector<std::string>& lines, const std::string& heading) {
  if (terminal_) {
    draw_in_place(lines, heading);
  } else {
    if (!heading.empty() && !std::exchange(headed_, true)) fmt::print("{}\n", heading);
    for (const auto& line : lines) fmt::print("{}\n", line);
  }
  flush_output();
}

void LiveView::draw_in_place(const std::vector<std::string>& lines, const std::string& heading) {
  clear();
  const auto size = terminal_size();
  // One for the heading, one for what isn't shown, and the one on which the cursor stands.
  const auto room = std::max<std::size_t>(size.ws_row, 4) - 3;
  const auto print = [&](const std::string& line) {
    fmt::print("{}\n", cut(line, size.ws_col));
    ++drawn_;
  };
  if (!heading.empty()) print(heading);
  for (std::size_t i = 0; i < std::min(lines.size(), room); ++i) print(lines[i]);
  if (lines.size() > room) print(fmt::format("… and {} more", lines.size() - room));
}

void LiveView::clear() {
  // Up, and erase from there to the end of the screen.
  if (drawn_ > 0) fmt::print("\x1b[{}A\x1b[J", drawn_);
  drawn_ = 0;
}

}  // namespace cmm::tool
