#pragma once

// The soak's tasks with large results and with arrays. Each tells how far it is (large_notes.hpp),
// so that its worker can be killed at a moment that is known; what it writes says which task it
// was.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/muster.hpp>

#include "prove/large_notes.hpp"
#include "prove/tasks.hpp"
#include "support/shared_memory_latch.hpp"

namespace prove {

// After so many words a task tells how far it is.
inline constexpr std::size_t kStepWords = 32 * 1024;

// The words that a task writes. `round`: of arrays that are written over, how often.
class WordsOf {
 public:
  explicit WordsOf(std::uint32_t ticket, std::uint64_t round = 0)
      : first_(value_of(ticket) + round) {}
  std::uint64_t operator[](std::uint64_t i) const { return first_ + i * 0x9e3779b97f4a7c15; }

 private:
  std::uint64_t first_;
};
// How many are right, from the first on.
std::size_t right_words(std::uint32_t ticket, std::span<const std::uint64_t> words,
                        std::uint64_t round = 0);

struct LargeTask {
  Ticket ticket;
  std::uint64_t words = 0;
  bool says_its_size = false;  // before it writes: memory for all of it is taken at once
};

// Fills its result, tells of each step, and returns it: the copy into the pool's memory is
// Muster's.
std::vector<std::uint64_t> fill_vector(LargeTask task);

// A result that is written into the pool's memory step by step, each of which is told.
struct Stepwise {
  LargeTask task;                    // in the worker
  std::vector<std::uint64_t> words;  // in the client
};
Stepwise write_stepwise(LargeTask task);

// Tasks with arrays. Those that keep one keep it until their worker ends.
using Words = muster::SharedArray<std::uint64_t>;
using ConstWords = muster::SharedArray<const std::uint64_t>;
enum class Keeps : std::uint8_t { nothing, in_a_static, in_a_local };

// Makes one.
Words make_array(LargeTask task, Keeps keeps);
Words make_array_of_item(LargeTask task);
// Makes one and returns nothing of it.
void make_and_keep(LargeTask task, Keeps keeps);
void keep_array(LargeTask task, const Words& array, Keeps keeps);
// Returns what it got.
Words pass_on(LargeTask task, const Words& array);
// Writes over all of it, as round 1 of its ticket's words, and returns how many.
std::uint64_t write_array(LargeTask task, const Words& array);
// How many words are right when it is told to look. `made_by`: the ticket of who wrote them.
std::uint64_t look_at_array(LargeTask task, const ConstWords& array, std::uint32_t made_by,
                            test_support::SharedGate now);

// How many words are right.
std::uint64_t right_words_of(std::uint32_t made_by, const ConstWords& array);

}  // namespace prove

template <>
struct muster::Codec<prove::Stepwise> {
  static void encode(Encoder& out, const prove::Stepwise& value);
  static prove::Stepwise decode(Decoder& in);
};
