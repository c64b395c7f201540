#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>

namespace parallel_gzip {

struct Options {
  std::string input;
  std::string output;                   // "": the input's name with .gz after it
  std::size_t workers = 0;              // 0: as many as the CPUs this process may use
  bool threads = false;                 // a pool of threads instead of processes
  bool mpi = false;                     // processes on the ranks of mpirun
  int level = 6;                        // 0 (store) to 9 (smallest)
  std::size_t block_size = 128 * 1024;  // in bytes, kMinBlockSize to kMaxBlockSize
  bool compare = true;                  // measure one worker too
  bool to_stdout = false;
  bool force = false;  // replace the output, write to a terminal
};

inline constexpr std::size_t kMinBlockSize = 32 * 1024;  // no shorter than the dictionary
inline constexpr std::size_t kMaxBlockSize = 256 * 1024 * 1024;

// What the command line asks for. Empty if the program is to end at once with `exit_code`: help
// was asked for and written to `out`, or the command line makes no sense, which `err` is told of.
std::optional<Options> parse_options(int argc, char** argv, std::ostream& out, std::ostream& err,
                                     int& exit_code);

}  // namespace parallel_gzip
