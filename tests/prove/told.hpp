#pragma once

// What the program was told of each task, to be held against the ledger when the pool is gone.

#include <atomic>
#include <cstdint>
#include <vector>

#include "prove/ledger.hpp"

namespace prove {

enum class Told : std::uint8_t {
  nothing,    // not submitted, or its result was wanted no more
  waiting,    // submitted, and its future not looked at yet
  value,      // the right one
  threw,      // what the task throws
  cancelled,  // before it ran
  killed,     // cancelled by CancelMode::kill
  died,       // with its worker
  timed_out,
  broken,  // with the pool
};
inline constexpr std::size_t kTolds = 9;
inline constexpr const char* kToldNames[kTolds] = {"not looked at", "waiting",   "value",
                                                   "threw",         "cancelled", "killed",
                                                   "died",          "timed out", "broken"};

struct ToldTask {
  Told told = Told::nothing;
  std::uint8_t retries = 0;
  bool limited = false;  // by a task_timeout that it may run into
  // How often its body had begun when its future was finished: never again from then on.
  std::uint32_t begun_when_told = 0;
};

// By ticket. Each is touched by the one thread that submitted it.
using ToldTasks = std::vector<ToldTask>;

}  // namespace prove
