#include <string>

#include <muster/detail/map_journal.hpp>
#include <muster/error.hpp>

#include "lib/common/exception_text.hpp"

namespace muster::detail {

void throw_no_journal(const std::type_info& callable) {
  throw InvalidArgumentError(
      "a map of '" + demangle(callable.name()) +
      "' can have no journal: its items, its results or the callable's captures have no bytes by "
      "which to tell and keep them. Capture plain values only, and let items and results be types "
      "that travel (a muster::Codec helps); what cereal writes needs a process pool, or "
      "Executor&.");
}

void throw_captured_address(const std::filesystem::path& path, const std::exception_ptr& why) {
  throw InvalidArgumentError("this map cannot have the journal '" + path.string() +
                             "', because what its callable captured has no bytes that would be the "
                             "same in another run: " +
                             describe_exception(why));
}

std::exception_ptr no_key_error(const std::exception_ptr& why) {
  return std::make_exception_ptr(JournalError(
      "its input has no bytes that would be the same in another run: " + describe_exception(why)));
}

}  // namespace muster::detail
