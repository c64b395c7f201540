#pragma once

#include <cstddef>

namespace muster::detail {

// Throws InvalidArgumentError if the system could never run so many threads in one process.
void check_thread_count(std::size_t threads);

}  // namespace muster::detail
