#pragma once

#include <cstddef>
#include <string_view>

namespace muster::detail {

// A function's demangled name where only so many bytes have room: without parameters if it is
// longer, then without the type that it returns as well, then without its end.
std::string_view short_function_name(std::string_view name, std::size_t most);

}  // namespace muster::detail
