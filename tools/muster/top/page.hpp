#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace muster_tool::top {

// What a screen shows, before any terminal: lines of text with a style.

enum class Style {
  plain,
  dim,
  strong,
  heading,
  good,
  warning,
  bad,
  graph,
};

struct Span {
  std::string text;
  Style style = Style::plain;
};

struct Line {
  Line() = default;
  Line(std::string text, Style style = Style::plain) {  // NOLINT(google-explicit-constructor)
    add(std::move(text), style);
  }

  Line& add(std::string text, Style style = Style::plain) {
    spans.push_back({std::move(text), style});
    return *this;
  }
  Line& add(Line line) {
    for (Span& span : line.spans) spans.push_back(std::move(span));
    return *this;
  }

  std::size_t width() const;
  std::string text() const;

  std::vector<Span> spans;
  bool selected = false;  // the one that keys are about
};

using Page = std::vector<Line>;

struct Size {
  std::size_t rows = 0;
  std::size_t columns = 0;
};

// Those of the parts, in their order, that have room beside each other.
Line join(const std::vector<Line>& parts, std::size_t width);

// Cut or filled up to exactly that size.
Page fit_page(Page page, Size size);

// Without styles, a line each, without spaces at their ends.
std::string plain_text(const Page& page);

}  // namespace muster_tool::top
