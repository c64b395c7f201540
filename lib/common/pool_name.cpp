#include "lib/common/pool_name.hpp"

#include <atomic>

#include <muster/error.hpp>

namespace muster::detail {

std::string pool_name(std::string_view asked) {
  if (asked.find('\0') != std::string_view::npos)
    throw InvalidArgumentError("the pool's name has a NUL character in it");
  if (!asked.empty()) return std::string(asked);
  static std::atomic<unsigned> next{0};
  // Relaxed: only the number itself matters.
  return "pool-" + std::to_string(next.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace muster::detail
