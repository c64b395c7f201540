#pragma once

#include <string>
#include <string_view>

namespace fuzz {

// What is wrong with a page or a picture; "" where nothing is: tags that are not closed or stand in
// each other's way, characters that begin tags or entities where there are none, bytes that are no
// text, places and sizes that are no numbers.
std::string fault_in_markup(std::string_view text);

}  // namespace fuzz
