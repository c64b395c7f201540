#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

namespace prove {

// What the programs of this folder are asked on their command lines.
struct Options {
  std::string program;
  std::uint64_t count = 0;  // kills, or corruptions
  double seconds = 0;       // 0: no limit; else it ends after so long, whatever the count
  std::uint64_t seed = 0;
  std::uint64_t round = 0;  // to begin with
  std::string json;         // "": none
  bool peer = false;
  std::uint64_t large_kills = 0;  // of workers with large data; of results of up to so much:
  std::uint64_t mebibytes = 0;
  std::string call;  // the one system call that is to fail; "": each
};

// What they count, and how much of it.
struct Counted {
  std::string name;  // of the option: "kills"
  std::string what;  // "workers killed"
  std::uint64_t quick = 0;
  std::uint64_t full = 0;
  bool has_peers = false;
  bool has_calls = false;
  bool has_large = false;
};

// Nothing where the program is to end, with `exit_code`: `out` has got what was asked for, or `err`
// what is wrong.
std::optional<Options> parse_options(int argc, char** argv, const std::string& about,
                                     const Counted& counted, std::ostream& out, std::ostream& err,
                                     int& exit_code);

// For main(): runs the program with its options. What it throws is said, and is exit code 1.
int run_program(int argc, char** argv, const std::string& about, const Counted& counted,
                int (*run)(const Options&));

// Without its folder: as messages begin.
std::string name_of(const std::string& program);

// The command that makes the same random choices again.
std::string command_to_repeat(const Options& options, const Counted& counted, std::uint64_t round);

}  // namespace prove
