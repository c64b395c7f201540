#include <string>

#include <muster/detail/map_run.hpp>
#include <muster/error.hpp>

namespace muster::detail {

void throw_map_timeout(std::size_t items) {
  throw TimeoutError("the time of a map was over with " + std::to_string(items) +
                     " of its items unread; those that had not started were cancelled");
}

std::exception_ptr lost_item_error() {
  return std::make_exception_ptr(EncodingError(
      "an item of map has no outcome: its chunk was stopped before it, or the chunk's result was "
      "damaged"));
}

}  // namespace muster::detail
