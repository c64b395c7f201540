#pragma once

// Tasks that write over all the memory of the pool that their worker can write.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace prove {

// What is written over, and with what.
enum class Scribble : std::uint8_t {
  bit,          // anywhere
  word,         // anywhere
  page,         // a whole one
  slot_word,    // one that looks valid: another status, owner or tag
  attention,    // who waits for a slot's task
  park,         // who sleeps
  ring,         // head, tail, epoch, closed, cells
  pump,         // whether the client's pump sleeps
  result,       // sizes and places of results
  record,       // what the worker says of itself
  completions,  // which slots' tasks have ended
  reservation,  // which hints it has taken
  arena,        // the bytes of results, and the allocator's own
};
inline constexpr std::size_t kScribbles = 13;
inline constexpr std::array<const char*, kScribbles> kScribbleNames{
    "a bit", "a word",        "a page",     "a slot's word", "attention",    "park words", "ring",
    "pump",  "a result part", "its record", "completions",   "reservations", "arena"};

struct ScribbleOrder {
  std::uint64_t seed = 0;
  std::uint32_t count = 0;
  std::uint32_t only = kScribbles;  // a Scribble; kScribbles: any
  // By a thread that outlives the task: in the midst of whatever its worker does then.
  bool goes_on = false;
  // What a worker writes over in its own arena before it has summed it is wrong and has the right
  // checksum.
  bool checksums = false;
};

// What has changed the memory, of all workers and rounds; in memory that they share with the test.
struct ScribbleCounts {
  std::atomic<std::uint64_t> by_kind[kScribbles];
  std::atomic<std::uint32_t> last_kind;

  std::uint64_t all() const {
    std::uint64_t sum = 0;
    for (const auto& count : by_kind) sum += count.load();
    return sum;
  }
};
ScribbleCounts& scribble_counts();

void scribble(const ScribbleOrder& order);

}  // namespace prove
