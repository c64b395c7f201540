#pragma once

#include <string_view>

namespace bench {

// Writes to standard output, at once. Throws std::system_error.
void print(std::string_view text);

// Writes a line to standard error. Where that cannot be had, there is nobody to tell.
void complain(std::string_view line) noexcept;

// Opens the descriptors 0 to 2 where the program was started without them, so that nothing else
// gets their numbers; to write to them fails. For the beginning of main().
void have_standard_streams();

}  // namespace bench
