#pragma once

#include <cstdint>
#include <string_view>

namespace muster::detail {

class StateBase;

// The name that a thread pool's task was given, as StateBase::task(): the address of a string that
// the state owns; 0 where there is none.
std::uint64_t make_task_name(std::string_view name);
// REQUIRES: state.task() is not 0.
const char* given_task_name(const StateBase& state) noexcept;
void free_task_name(const StateBase& state) noexcept;

}  // namespace muster::detail
