#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/model/results.hpp"
#include "bench/output_file.hpp"

namespace bench {

// The page and the picture, if they were asked for.
class Drawings {
 public:
  // Finds out whether the files can be written; "" is none. Throws std::system_error.
  Drawings(const std::string& html, const std::string& svg);

  // Writes them, and says where they are: a line each. What could not be written is added to
  // `failures`, and takes nothing else with it.
  std::string write(const Results& results, std::vector<std::string>& failures);

 private:
  std::string html_path_;
  std::string svg_path_;
  std::optional<OutputFile> html_;
  std::optional<OutputFile> svg_;
};

}  // namespace bench
