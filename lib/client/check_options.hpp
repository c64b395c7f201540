#pragma once

#include <cstddef>

#include <muster/options.hpp>

namespace muster::detail {

// Throw InvalidArgumentError that says which option is not one, and what it may be.
void check_pool_options(const ProcessPoolOptions& options);
void check_task_options(const TaskOptions& options);

// A negative number that was given for a count.
bool looks_negative(std::size_t n);

}  // namespace muster::detail
