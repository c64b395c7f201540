#include "lib/journal/errors.hpp"

#include <system_error>

#include <muster/error.hpp>

namespace muster::detail {

std::string file_error(const std::string& name, const char* what, int error) {
  return "the journal '" + name + "' " + what + ": " + std::generic_category().message(error);
}

void throw_file_error(const std::string& name, const char* what, int error) {
  throw JournalError(file_error(name, what, error));
}

}  // namespace muster::detail
