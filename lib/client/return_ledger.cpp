#include "lib/client/return_ledger.hpp"

#include <new>

namespace muster::detail {

ReturnLedger::ReturnLedger(const TasksView& tasks, const ResultsView& results)
    : tasks_(tasks), results_(results), accounts_(tasks.geometry.workers) {}

void ReturnLedger::raise_floor(Account& a, std::uint64_t floor) {
  if (floor <= a.floor) return;
  a.floor = floor;
  a.below += a.above;
  a.above = 0;
  a.settled = false;  // until replaced() says so
}

ReturnLedger::Account& ReturnLedger::account(std::uint32_t w) {
  Account& a = accounts_[w];
  raise_floor(a, results_.window(w).record().arena_floor.load());
  return a;
}

void ReturnLedger::keep(std::uint32_t w, std::uint64_t offset, std::uint64_t size) {
  Account& a = account(w);
  ++(offset < ArenaFloor::offset(a.floor) ? a.below : a.above);
  ++kept_blocks_;
  kept_bytes_ += size;
}

void ReturnLedger::let_go(std::uint32_t w, std::uint64_t offset, std::uint64_t size) {
  Account& a = account(w);
  --kept_blocks_;
  kept_bytes_ -= size;
  // The floor is the worker's word; one that was scribbled over must not take counts below zero.
  if (offset < ArenaFloor::offset(a.floor)) {
    if (a.below > 0) --a.below;
    send_all_below(w, a);
  } else {
    if (a.above > 0) --a.above;
    send(w, a, offset);
  }
}

void ReturnLedger::give_back(std::uint32_t w, std::uint64_t offset) {
  Account& a = account(w);
  if (offset >= ArenaFloor::offset(a.floor)) send(w, a, offset);
}

void ReturnLedger::replaced(std::uint32_t w, std::uint64_t floor) {
  Account& a = accounts_[w];
  raise_floor(a, floor);
  a.settled = a.floor == floor;  // else yet another one has begun: its own message will come
  send_all_below(w, a);
}

// As a block below that nobody lets go.
void ReturnLedger::quarantine(std::uint32_t w) { ++accounts_[w].below; }

void ReturnLedger::send_all_below(std::uint32_t w, Account& a) {
  if (a.below == 0 && a.settled && ArenaFloor::offset(a.floor) != 0) {
    send(w, a, a.floor | Returns::kAllBelow);
  }
}

void ReturnLedger::send(std::uint32_t w, Account& a, std::uint64_t entry) noexcept {
  Returns& ring = tasks_.returns(w);
  // Acquire pairs with the worker's release: the entries before it have been read. A value that
  // makes no sense can only make the ring look fuller or emptier than it is; entries are then
  // lost to the worker that wrote the value.
  const std::uint64_t read = results_.window(w).record().returned.load(std::memory_order_acquire);
  const auto has_room = [&] { return a.written - read < kReturns; };
  const auto write = [&](std::uint64_t value) {
    // Relaxed: ordered by `written`.
    ring.entries[a.written++ % kReturns].store(value, std::memory_order_relaxed);
  };
  for (; !a.waiting.empty() && has_room(); a.waiting.pop_front()) write(a.waiting.front());
  if (has_room()) {
    write(entry);
  } else {
    try {
      a.waiting.push_back(entry);
    } catch (const std::bad_alloc&) {
      // The block stays in use until its worker is replaced. Values are destroyed on the way here,
      // and the more there are the sooner there is memory again.
    }
  }
  // Release pairs with the worker's acquire in ResultMemory::collect_returns().
  ring.written.store(a.written, std::memory_order_release);
}

}  // namespace muster::detail
