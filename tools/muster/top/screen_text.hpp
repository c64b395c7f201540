#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace muster_tool::top {

// Text in the columns of a terminal. Widths are those of wcwidth(3), so the locale must be set.

enum class Align { left, right };

// A name from another program: printable(), and without what the locale cannot show, and what takes
// no column, as marks do that turn the direction of what stands beside it.
std::string screen_text(std::string_view text);

// Columns that it takes: a Chinese character has two, an accent that joins a letter none.
std::size_t columns(std::string_view text);

// In exactly so many columns: filled up with spaces, or cut, with an ellipsis to say so.
std::string fit(std::string_view text, std::size_t width, Align align = Align::left);

// In lines of at most so many columns, broken at spaces where there are some.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

// For terminals that have ASCII alone: blocks and arrows as what resembles them, other characters
// as question marks. It takes as many columns.
std::string to_ascii(std::string_view text);

// True: it is in `text`, whatever the case of ASCII letters. `lower` is in lower case.
bool contains_lower(std::string_view text, std::string_view lower);
std::string to_lower(std::string_view text);

}  // namespace muster_tool::top
