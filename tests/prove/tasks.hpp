#pragma once

// The tasks of the soak. Each marks in the ledger that it begins, and that it ends; its result says
// which task it was.

#include <cstdint>
#include <string>
#include <vector>

namespace prove {

// Names a task. The mark makes it findable among a task's arguments in shared memory.
struct Ticket {
  static constexpr std::uint64_t kMark = 0x74656b6369746d75;

  std::uint64_t mark = kMark;
  std::uint32_t index = 0;
  std::uint32_t argument = 0;
};

// What the task must return, if its result is one word.
std::uint64_t value_of(std::uint32_t index);

// The argument: nanoseconds that it works.
std::uint64_t short_task(Ticket ticket);
// The argument: words that it returns, value_of(index) and on.
std::vector<std::uint64_t> long_result(Ticket ticket);
// The argument: letters that it returns.
std::string text_result(Ticket ticket);
// value_of(index) plus the sum of the words.
std::uint64_t long_argument(Ticket ticket, const std::vector<std::uint64_t>& words);
// Throws std::out_of_range whose text is the index.
std::uint64_t throwing_task(Ticket ticket);
// The argument: microseconds that it sleeps.
std::uint64_t sleeping_task(Ticket ticket);
// Ends its worker. The argument: an OwnEnd; plus kOnceOnly: only the first time it is run.
inline constexpr std::uint32_t kOnceOnly = 16;
std::uint64_t deadly_task(Ticket ticket);

char letter_of(std::uint32_t index, std::size_t position);

}  // namespace prove
