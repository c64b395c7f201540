#include "prove/ledger.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace prove {

namespace {

Ledger* map_ledger() {
  void* const memory = ::mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("cannot map the ledger");
    std::abort();
  }
  return static_cast<Ledger*>(memory);  // zeroed pages are a ledger in its first state
}

Ledger* const mapped = map_ledger();

}  // namespace

Ledger& ledger() { return *mapped; }

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
    entries[i].begun.store(0, std::memory_order_relaxed);
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
