#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "prove/options.hpp"

namespace prove {

// What a run has found.
struct Conclusion {
  std::vector<std::string> broken;  // promises, a sentence each
  std::string missing;              // what it should have come to and has not; "": nothing
  std::uint64_t round = 0;          // the last one
};

// Says it on standard error, with the command that repeats the last round where a promise was
// broken, and writes the figures where that was asked for. Returns the exit code.
int conclude(const Options& options, const Counted& counted, const Conclusion& found,
             const nlohmann::ordered_json& figures);

}  // namespace prove
