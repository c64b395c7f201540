#pragma once

// What the program was told of each task, to be held against the ledger when the pool is gone.

#include <array>
#include <atomic>
#include <cstdint>

#include "prove/ledger.hpp"

namespace prove {

enum class Told : std::uint8_t {
  nothing,    // not submitted, or of a map whose other outcomes were wanted no more
  dropped,    // submitted, and its future destroyed before anybody looked
  waiting,    // submitted, and its future not looked at yet
  value,      // the right one
  threw,      // what the task throws
  cancelled,  // before it ran
  killed,     // cancelled by CancelMode::kill
  died,       // with its worker
  timed_out,
  broken,  // with the pool
};
inline constexpr std::size_t kTolds = 10;
inline constexpr const char* kToldNames[kTolds] = {"given up",  "not looked at", "waiting", "value",
                                                   "threw",     "cancelled",     "killed",  "died",
                                                   "timed out", "broken"};

constexpr const char* name_of(Told told) { return kToldNames[static_cast<std::size_t>(told)]; }

struct ToldTask {
  Told told = Told::nothing;
  std::uint8_t retries = 0;
  bool limited = false;  // by a task_timeout that it may run into
  // How often its body had begun when its future was finished: never again from then on.
  std::uint32_t begun_when_told = 0;
};

// By ticket. Each is touched by the one thread that submitted it.
using ToldTasks = std::array<ToldTask, Ledger::kTickets>;

}  // namespace prove
