#include "prove/ledger.hpp"

#include <algorithm>

#include "lib/common/ticks.hpp"
#include "support/shared_object.hpp"

namespace prove {

namespace {

Ledger& mapped = test_support::map_shared<Ledger>();

}  // namespace

Ledger& ledger() { return mapped; }

void LedgerEntry::note_begin(pid_t worker) {
  for (std::size_t i = 0; i < kBegins; ++i) {
    pid_t nobody = 0;
    if (!begun_by[i].compare_exchange_strong(nobody, worker)) continue;
    begun_ns[i].store(muster::detail::monotonic_ns());
    return;
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

void Ledger::note_own_end(pid_t pid, OwnEnd how) {
  own_ends[static_cast<std::size_t>(how)].fetch_add(1);
  const std::uint32_t at = pids.fetch_add(1) % kPids;
  ended_ns[at].store(muster::detail::monotonic_ns());
  ended_pids[at].store(pid);
}

bool Ledger::ended_itself(pid_t pid, std::int64_t by_ns) const {
  const std::uint32_t count = std::min(pids.load(), kPids);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (ended_pids[i].load() == pid && ended_ns[i].load() <= by_ns) return true;
  }
  return false;
}

// One that was killed before it could write down its number is not among them.
void Ledger::add_ended_pids(std::set<pid_t>& found) const {
  const std::uint32_t count = std::min(pids.load(), kPids);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (const pid_t pid = ended_pids[i].load(); pid != 0) found.insert(pid);
  }
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
    for (auto& cell : entries[i].begun_ns) cell.store(0, std::memory_order_relaxed);
    entries[i].begun_beyond.store(0, std::memory_order_relaxed);
    entries[i].ended.store(0, std::memory_order_relaxed);
  }
  for (WorkerCell& cell : cells) {
    cell.begun.store(0);
    cell.ended.store(0);
  }
  const std::uint32_t ended = std::min(pids.load(), kPids);
  for (std::uint32_t i = 0; i < ended; ++i) ended_pids[i].store(0);
  next.store(0);
  pids.store(0);
  salt.store(new_salt);
}

}  // namespace prove
