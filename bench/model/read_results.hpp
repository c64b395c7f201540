#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/model/results.hpp"

namespace bench {

// Of the JSON files that are written and read.
inline constexpr int kSchema = 1;

// A file that cannot be read, or is no result file of this version; what() is a sentence that
// names the file.
class UnreadableResults : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throw UnreadableResults. `name` is what the text is called in errors.
Results read_results(const std::string& path);
Results parse_results(std::string_view text, const std::string& name);

}  // namespace bench
