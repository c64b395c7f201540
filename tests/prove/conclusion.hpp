#pragma once

#include <cstdint>
#include <functional>
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

// What is missing of a run that was interrupted before it had done all; "": nothing.
std::string cut_short(const Options& options, const Counted& counted, std::uint64_t done,
                      bool interrupted);

// For who watches the others: they hang, and nothing can be relied on any more but what is looked
// at from outside. Says where all threads are, with `state` of what they use, and last, so that it
// is what is read first, the sentence; writes the figures with it; and ends the program.
[[noreturn]] void end_hung(const Options& options, const std::string& sentence,
                           const std::string& state,
                           const std::function<nlohmann::ordered_json()>& figures);

}  // namespace prove
