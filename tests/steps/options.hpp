#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace steps {

// Exit codes: 0 fine, 1 a promise is broken, 2 usage, 77 the kernel does not permit it here.
inline constexpr int kFine = 0;
inline constexpr int kBroken = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotHere = 77;

struct Options {
  bool full = false;
  std::string json;
  // To repeat one of them: empty or 0 for all.
  std::string scenario;
  unsigned workers = 0;
  std::optional<unsigned> retries;
  bool other_goes_on = false;  // of two workers, only while the other one runs freely
  std::optional<std::uint64_t> at;
  std::uint64_t every = 0;  // instructions from one death to the next; 0: as the scenario says
  unsigned kills = 0;       // of a measurement; 0: as many as the mode says
};

enum class Takes { scenarios, kills, measurement };

// Nothing where the program is to end, with `exit_code`: `out` has got what was asked for, or `err`
// what is wrong. `scenarios`: the names of all.
std::optional<Options> parse_options(int argc, char** argv, const char* name, const char* about,
                                     Takes takes, const std::vector<std::string>& scenarios,
                                     std::ostream& out, std::ostream& err, int& exit_code);

}  // namespace steps
