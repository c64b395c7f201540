#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/page/families.hpp"
#include "bench/page/scale.hpp"
#include "bench/statistics.hpp"

namespace bench {

// Drawings. Across, they are in per cent of what width there is, and down in pixels, so that text
// keeps its size on every screen. Colours come from a style sheet, by class.

// One line of a chart.
struct PlotRow {
  std::string label;
  std::string_view css;        // the class of its family
  bool own = false;            // Muster's: stands out
  std::vector<Spread> values;  // one; in a chart of percentiles one for each of them
  std::string instead;         // said where there are no values
  std::string tip;             // shown by the pointer
};

struct Plot {
  std::string title;
  std::string axis;  // what its numbers are
  Unit unit = Unit::seconds;
  std::vector<PlotRow> rows;
  std::vector<std::string> marks;  // names of the values of a row; none for bars
};

// What is inside a chart's frame, without the svg element, and how high it is.
struct Drawing {
  std::string content;
  double height = 0;
  double left = 0;   // room that it needs beside its frame, for labels
  double right = 0;  // and for values
};

// A bar for each row, with a whisker from first to third quartile.
Drawing draw_bars(const Plot& plot, const Scale& scale);
// A dot for each of a row's values, on a line: percentiles.
Drawing draw_dots(const Plot& plot, const Scale& scale);
// draw_dots where the plot has marks, draw_bars where it has none.
Drawing draw_rows(const Plot& plot, const Scale& scale);

// The drawing as a part of the page.
std::string figure_html(const std::string& title, const Drawing& drawing);

// Text at (x, y): `x` as it stands in the attribute, moved by `dx` pixels.
std::string svg_text(std::string_view css, std::string_view x, double dx, double y,
                     std::string_view text);
std::string svg_line(std::string_view css, std::string_view x1, double y1, std::string_view x2,
                     double y2);

}  // namespace bench
