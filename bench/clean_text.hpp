#pragma once

#include <string>
#include <string_view>

namespace bench {

// The text with a replacement character for each byte that is no part of UTF-8 and for what would
// be no character of a page or a command to a terminal: what programs say when they crash may be
// anything, and so may what stands in a file. Tabs and ends of lines stay.
std::string clean_text(std::string_view text);

}  // namespace bench
