#pragma once

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "key.hpp"
#include "page.hpp"

namespace muster_tool::top {

// A text that may have more lines than there is room for.
class Scroll {
 public:
  // The lines that are to be seen.
  Page part(const Page& lines, std::size_t rows) {
    count_ = lines.size();
    rows_ = std::max<std::size_t>(rows, 1);
    first_ = std::min(first_, count_ > rows_ ? count_ - rows_ : 0);
    const auto from = lines.begin() + static_cast<std::ptrdiff_t>(first_);
    return {from, from + static_cast<std::ptrdiff_t>(std::min(rows_, count_ - first_))};
  }

  // False: the key is about something else.
  bool press(Key key) {
    const char32_t character = key.code == Key::Code::character ? key.character : 0;
    if (key.code == Key::Code::up || character == 'k') {
      first_ -= first_ == 0 ? 0 : 1;
    } else if (key.code == Key::Code::down || character == 'j') {
      ++first_;
    } else if (key.code == Key::Code::page_up) {
      first_ -= std::min(first_, rows_);
    } else if (key.code == Key::Code::page_down) {
      first_ += rows_;
    } else if (key.code == Key::Code::home || character == 'g') {
      first_ = 0;
    } else if (key.code == Key::Code::end || character == 'G') {
      first_ = count_;
    } else {
      return false;
    }
    return true;
  }

  // "lines 1-20 of 57"
  Line status() const {
    const std::size_t from = std::min(first_ + 1, count_);
    return Line(fmt::format("lines {}-{} of {}", from, std::min(first_ + rows_, count_), count_));
  }

 private:
  std::size_t first_ = 0;
  std::size_t rows_ = 1;  // when it was drawn last
  std::size_t count_ = 0;
};

}  // namespace muster_tool::top
