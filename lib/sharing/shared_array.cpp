#include <limits>
#include <string>

#include <muster/error.hpp>
#include <muster/shared_array.hpp>

namespace muster::detail {

std::size_t array_bytes(std::size_t count, std::size_t each) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
  if (count > kMost / each) {
    throw InvalidArgumentError("a SharedArray of " + std::to_string(count) + " elements of " +
                               std::to_string(each) + " bytes is larger than any memory");
  }
  return count * each;
}

void throw_bad_part(std::size_t first, std::size_t count, std::size_t size) {
  throw InvalidArgumentError("a SharedArray of " + std::to_string(size) + " elements has no " +
                             std::to_string(count) + " from element " + std::to_string(first) +
                             " on");
}

void throw_bad_array(std::uint64_t offset, std::uint64_t size, std::uint64_t bytes) {
  throw EncodingError("an array of " + std::to_string(size) + " elements at byte " +
                      std::to_string(offset) + " does not lie in the " + std::to_string(bytes) +
                      " bytes of shared memory that it came with");
}

}  // namespace muster::detail
