#pragma once

#include <optional>
#include <string>

#include "bench/model/results.hpp"
#include "bench/output_file.hpp"

namespace bench {

// The page and the picture, if they were asked for.
class Drawings {
 public:
  // Finds out whether the files can be written; "" is none. Throws std::system_error.
  Drawings(const std::string& html, const std::string& svg);

  // Writes them, and says where they are: a line each. Throws std::system_error.
  std::string write(const Results& results);

 private:
  std::string html_path_;
  std::string svg_path_;
  std::optional<OutputFile> html_;
  std::optional<OutputFile> svg_;
};

}  // namespace bench
