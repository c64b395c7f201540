#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace prove {

// When a worker was killed, as its task had told by then.
enum class LargeMoment : std::uint8_t {
  filling,       // its own memory, with a result
  copying,       // that result to the pool's memory
  first_half,    // a result that is written there step by step
  second_half,   //
  too_late,      // its task had ended
  handed_on,     // right after its task had an array to return
  unread,        // the same, and nobody wants it
  passed_on,     // right after its task had one to return that it was given
  in_a_map,      // the same in one of a map's items
  writing_to,    // an array
  running_with,  // an array that the client has let go
  last_handle,   // of an array
};
inline constexpr std::size_t kLargeMoments = 12;
inline constexpr const char* kLargeMomentNames[kLargeMoments] = {
    "filling a result",
    "copying it to the pool's memory",
    "writing a result there, first half",
    "writing a result there, second half",
    "no more: it had ended",
    "returning an array that it made",
    "returning one that nobody wants",
    "returning one that it was given",
    "returning those of a map",
    "writing to an array",
    "using one that the client let go",
    "holding the last handle of one"};

// What is counted over all rounds with large data.
struct LargeTotals {
  using Count = std::atomic<std::uint64_t>;

  Count rounds{0};
  std::array<Count, kLargeMoments> kills{};
  Count deaths{0};           // that the pools told of
  Count results_right{0};    // large ones, each word looked at
  Count results_lost{0};     // with their worker, as they may
  Count results_kept{0};     // finished ones, looked at after a death
  Count of_dead_workers{0};  // of these, those of a worker that had died
  Count arrays_right{0};     // each word looked at, in the client or from outside
  Count arrays_gone{0};      // of which no process had any memory any more
  Count bytes{0};            // of results and arrays that were looked at
  Count most_memory{0};      // of a pool's own at a time
  Count memory_left{0};      // the most that a pool had when nobody held anything any more

  std::uint64_t all_kills() const {
    std::uint64_t sum = 0;
    for (const Count& count : kills) sum += count;
    return sum;
  }
};

// One thread adds to it while others do.
inline void raise(LargeTotals::Count& most, std::uint64_t value) {
  std::uint64_t before = most.load();
  while (before < value && !most.compare_exchange_weak(before, value)) {
  }
}

}  // namespace prove
