#include "prove/ledger.hpp"

#include <algorithm>

#include "support/shared_object.hpp"

namespace prove {

namespace {

Ledger& mapped = test_support::map_shared<Ledger>();

}  // namespace

Ledger& ledger() { return mapped; }

void LedgerEntry::note_begin(pid_t worker) {
  for (std::atomic<pid_t>& cell : begun_by) {
    pid_t nobody = 0;
    if (cell.compare_exchange_strong(nobody, worker)) return;
  }
  begun_beyond.fetch_add(1);
}

std::uint32_t LedgerEntry::begun() const {
  std::uint32_t count = begun_beyond.load();
  for (const std::atomic<pid_t>& cell : begun_by) {
    if (cell.load() != 0) ++count;
  }
  return count;
}

bool Ledger::ended_itself(pid_t pid) const {
  const std::uint32_t count = std::min(pids.load(), kPids);
  return std::any_of(ended_pids, ended_pids + count,
                     [&](const std::atomic<pid_t>& one) { return one.load() == pid; });
}

std::uint64_t Ledger::all_own_ends() const {
  std::uint64_t sum = 0;
  for (const auto& count : own_ends) sum += count.load();
  return sum;
}

void Ledger::begin_round(std::uint64_t new_salt) {
  const std::uint32_t used = std::min(next.load(), kTickets);
  for (std::uint32_t i = 0; i < used; ++i) {
    for (auto& cell : entries[i].begun_by) cell.store(0, std::memory_order_relaxed);
    entries[i].begun_beyond.store(0, std::memory_order_relaxed);
    entries[i].ended.store(0, std::memory_order_relaxed);
  }
  for (WorkerCell& cell : cells) {
    cell.begun.store(0);
    cell.ended.store(0);
  }
  next.store(0);
  pids.store(0);
  salt.store(new_salt);
}

}  // namespace prove
