#pragma once

// What tasks with large data write down of how far they are, beside the ledger and as it: in memory
// that every worker shares with the program.

#include <array>
#include <atomic>
#include <cstdint>

namespace prove {

// Of one task, by its ticket. A new attempt takes it back before it notes its beginning in the
// ledger, so who has seen that reads what is its own.
struct LargeNote {
  std::atomic<std::uint64_t> written;  // words, so far
  std::atomic<std::uint64_t> array;    // the inode of the array that it made or got; 0: none yet
  std::atomic<bool> body_ended;        // what follows is the result's way to the client
};

struct LargeNotes {
  static constexpr std::uint32_t kTickets = 1U << 14;

  std::array<LargeNote, kTickets> of;

  LargeNote& operator[](std::uint32_t ticket) { return of[ticket % kTickets]; }
  // Before a pool is made: nobody else has it.
  void begin_round();
};

LargeNotes& large_notes();

}  // namespace prove
