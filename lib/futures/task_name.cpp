#include "lib/futures/task_name.hpp"

#include <bit>
#include <cstring>

#include <muster/detail/state.hpp>

namespace muster::detail {

std::uint64_t make_task_name(std::string_view name) {
  if (name.empty()) return 0;
  char* copy = new char[name.size() + 1];
  std::memcpy(copy, name.data(), name.size());
  copy[name.size()] = '\0';
  return std::bit_cast<std::uint64_t>(copy);
}

const char* given_task_name(const StateBase& state) noexcept {
  return std::bit_cast<const char*>(state.task());
}

void free_task_name(const StateBase& state) noexcept {
  delete[] std::bit_cast<char*>(state.task());
}

}  // namespace muster::detail
