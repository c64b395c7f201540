#include "prove/conclusion.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "prove/json_file.hpp"

namespace prove {

int conclude(const Options& options, const Counted& counted, const Conclusion& found,
             const nlohmann::ordered_json& figures) {
  const std::string name = name_of(options.program);
  for (const std::string& sentence : found.broken) fmt::print(stderr, "{}: {}\n", name, sentence);
  if (!found.broken.empty()) {
    fmt::print(stderr, "{}: repeat with: {}\n", name,
               command_to_repeat(options, counted, found.round));
  } else if (!found.missing.empty()) {
    fmt::print(stderr, "{}: this run proves less than it should: {}\n", name, found.missing);
  }
  if (!options.json.empty() && !write_json(options.json, figures)) return 1;
  return found.broken.empty() && found.missing.empty() ? 0 : 1;
}

}  // namespace prove
