#pragma once

// What tasks write down of themselves, in memory that every worker shares with the test: it was
// mapped before main, so each process forked later has it at the same address. It lies beside the
// pool's own memory, and outlives workers and pools.

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <set>

namespace prove {

// One task, or one item of a map.
struct LedgerEntry {
  // One more than the retries that a task may have.
  static constexpr std::size_t kBegins = 4;

  // In order; 0: it has not begun so often. To be counted and to be named is one step, so that
  // nobody dies between the two.
  std::array<std::atomic<pid_t>, kBegins> begun_by;
  // When, by CLOCK_MONOTONIC; 0: it died before it could say.
  std::array<std::atomic<std::int64_t>, kBegins> begun_ns;
  std::atomic<std::uint32_t> begun_beyond;
  std::atomic<std::uint32_t> ended;

  void note_begin(pid_t worker);
  std::uint32_t begun() const;
};

// What a worker is doing: {pid:32, ticket:32} of the task whose body began last, and ended last.
struct alignas(64) WorkerCell {
  std::atomic<std::uint64_t> begun;
  std::atomic<std::uint64_t> ended;
};

// How a task ends its own worker.
enum class OwnEnd : std::uint8_t { kill, segv, abort, exit, quick_exit };
inline constexpr std::size_t kOwnEnds = 5;

inline constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::max();

struct Ledger {
  static constexpr std::uint32_t kTickets = 1U << 20;
  static constexpr std::uint32_t kWorkers = 64;
  static constexpr std::uint32_t kPids = 1U << 16;

  // Of this round: a result of another round's task has another value.
  std::atomic<std::uint64_t> salt;
  std::atomic<std::uint32_t> next;  // ticket
  std::atomic<std::uint32_t> pids;  // workers that a task has ended, so far
  std::atomic<std::uint64_t> own_ends[kOwnEnds];
  WorkerCell cells[kWorkers];
  std::atomic<pid_t> ended_pids[kPids];
  std::atomic<std::int64_t> ended_ns[kPids];  // right before
  LedgerEntry entries[kTickets];

  // The first of `count` tickets in a row; more than there are: kTickets or beyond.
  std::uint32_t take(std::uint32_t count = 1) { return next.fetch_add(count); }
  void note_own_end(pid_t pid, OwnEnd how);
  // By then (CLOCK_MONOTONIC).
  bool ended_itself(pid_t pid, std::int64_t by_ns = kEver) const;
  // Workers that a task has ended, in this round.
  void add_ended_pids(std::set<pid_t>& pids) const;
  std::uint64_t all_own_ends() const;
  // Before a pool is made: nobody else has it.
  void begin_round(std::uint64_t new_salt);
};

Ledger& ledger();

inline std::uint64_t cell_word(pid_t pid, std::uint32_t ticket) {
  return static_cast<std::uint64_t>(pid) << 32 | ticket;
}

}  // namespace prove
