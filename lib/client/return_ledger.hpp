#pragma once

// Blocks of the workers' arenas that the client holds, and how it hands them back: through each
// worker's ring of returns, of which the client is the only writer.
//
// A worker that was replaced began its arena anew at a floor behind its predecessor's. What lies
// below the floor is handed back as a whole, when the last block there is let go. A worker that has
// been told so begins anew at offset 0 as soon as it holds nothing itself: of the blocks that are
// kept all lie in the present lap, and offsets say which of them are below the floor.
//
// If the worker dies here: entries it had not read are read by its successor, which takes back none
// of its predecessor's blocks.

#include <cstdint>
#include <deque>
#include <vector>

#include "lib/segments/views.hpp"

namespace muster::detail {

// Under the pool's lock.
class ReturnLedger {
 public:
  ReturnLedger(const TasksView& tasks, const ResultsView& results);

  // The client keeps a block of `size` bytes in worker w's arena; let_go() ends that.
  void keep(std::uint32_t w, std::uint64_t offset, std::uint64_t size);
  void let_go(std::uint32_t w, std::uint64_t offset, std::uint64_t size);
  // A block that is not kept at all.
  void give_back(std::uint32_t w, std::uint64_t offset);
  // Worker w was replaced and its arena begins at `floor` now; all that its predecessor had
  // finished is looked through: kept or let go.
  void replaced(std::uint32_t w, std::uint64_t floor);
  // The kernel may still write to what a predecessor of worker w had: that is never handed back.
  void quarantine(std::uint32_t w);

  std::uint64_t kept_blocks() const { return kept_blocks_; }
  std::uint64_t kept_bytes() const { return kept_bytes_; }

 private:
  struct Account {
    std::uint64_t floor = 0;  // ArenaFloor of the present incarnation, as far as known
    std::uint64_t below = 0;  // blocks kept below it
    std::uint64_t above = 0;
    bool settled = true;                // nothing unseen lies below the floor
    std::uint64_t written = 0;          // entries ever written to the ring
    std::deque<std::uint64_t> waiting;  // for room in the ring
  };

  Account& account(std::uint32_t w);
  static void raise_floor(Account& account, std::uint64_t floor);
  void send(std::uint32_t w, Account& account, std::uint64_t entry) noexcept;
  void send_all_below(std::uint32_t w, Account& account);

  TasksView tasks_;
  ResultsView results_;
  std::vector<Account> accounts_;
  std::uint64_t kept_blocks_ = 0;
  std::uint64_t kept_bytes_ = 0;
};

}  // namespace muster::detail
