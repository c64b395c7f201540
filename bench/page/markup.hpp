#pragma once

#include <string>
#include <string_view>

#include "bench/units.hpp"

namespace bench {

// Pieces of HTML and SVG.

// Text as it stands between tags or in quotes.
std::string escaped(std::string_view text);

// "37.5%" of a fraction.
std::string percent(double fraction);

// Figures as the reader of the page sees them: with µ and without a line break inside.
std::string shown_value(double value, Unit unit);
// The same for an axis: "0" and "1.5 µs", not "0 ns" and "1.50 µs".
std::string shown_tick(double value, Unit unit);
// "[150 – 155]", in the unit of the median.
std::string shown_quartiles(const Spread& spread, Unit unit);
// "10⁶", "2000": how many of something.
std::string shown_count(double count);

// About as wide in pixels as the text is in the page's charts.
double text_width(std::string_view text);
// Cut to so many pixels, with an ellipsis.
std::string fitted(const std::string& text, double width);

}  // namespace bench
