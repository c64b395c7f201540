#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::detail {

// The beginning, up to 4096 bytes, of a file such as the kernel's; empty where it cannot be read. A
// stream would cost more than the kernel's answer, and a pool reads some ten of them when it
// starts.
std::string read_small_file(const std::string& path);

// Takes a number, and the spaces before it, from the front of `text`; empty if there is none.
std::optional<std::int64_t> take_number(std::string_view& text);
// The number that the file begins with, if there is one.
std::optional<std::int64_t> read_number(const std::string& path);

}  // namespace muster::detail
