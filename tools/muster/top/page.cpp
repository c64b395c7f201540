#include "page.hpp"

#include "screen_text.hpp"

namespace muster_tool::top {

std::size_t Line::width() const {
  std::size_t result = 0;
  for (const Span& span : spans) result += columns(span.text);
  return result;
}

std::string Line::text() const {
  std::string result;
  for (const Span& span : spans) result += span.text;
  return result;
}

Line join(const std::vector<Line>& parts, std::size_t width) {
  constexpr std::size_t kGap = 3;
  Line result;
  std::size_t used = 0;
  for (const Line& part : parts) {
    const std::size_t gap = used == 0 ? 0 : kGap;
    const std::size_t needed = gap + part.width();
    // The first is shown as far as it goes.
    if (used != 0 && used + needed > width) continue;
    if (gap != 0) result.add(std::string(gap, ' '));
    result.add(part);
    used += needed;
  }
  return result;
}

Page fit_page(Page page, Size size) {
  page.resize(size.rows);
  for (Line& line : page) {
    std::size_t left = size.columns;
    for (Span& span : line.spans) {
      const std::size_t used = columns(span.text);
      if (used > left) span.text = fit(span.text, left);
      left -= used > left ? left : used;
    }
    if (left != 0) line.add(std::string(left, ' '));
  }
  return page;
}

std::string plain_text(const Page& page) {
  std::string result;
  for (const Line& line : page) {
    result += line.text();
    result.erase(result.find_last_not_of(' ') + 1);
    result += '\n';
  }
  return result;
}

}  // namespace muster_tool::top
