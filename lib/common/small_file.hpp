#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::detail {

// A file such as the kernel's, up to about so many bytes; empty where it cannot be read. A stream
// would cost more than the kernel's answer, and a pool reads some ten of them when it starts.
inline constexpr std::size_t kMostOfASmallFile = 64 * 1024;
std::string read_small_file(const std::string& path);

// Takes a number, and the spaces before it, from the front of `text`; empty if there is none.
std::optional<std::int64_t> take_number(std::string_view& text);
// The first number behind `key` in `text`; empty if there is no key, or no number behind it.
std::optional<std::int64_t> number_behind(std::string_view text, std::string_view key);
// The number that the file begins with, if there is one.
std::optional<std::int64_t> read_number(const std::string& path);

// Of what /proc/PID/stat says, "pid (name) state ...": from the state on. The name may hold
// anything. Empty where it is not there.
std::string_view behind_name(std::string_view stat);

}  // namespace muster::detail
