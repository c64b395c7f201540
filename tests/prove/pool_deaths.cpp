#include "prove/pool_deaths.hpp"

#include <fmt/format.h>

#include "lib/common/signals.hpp"
#include "prove/ledger.hpp"

namespace prove {

using muster::detail::DeathRecord;

void PoolDeaths::look() {
  // First: a replacement is counted after the death that it follows, so what is more than the
  // deaths below was none.
  const std::uint64_t restarts = facts_.facts().restarts.load();
  const std::uint64_t count = facts_.facts().deaths.load();
  while (counted_ < count) {
    const std::uint64_t number = ++counted_;
    take(facts_.facts().death[(number - 1) % muster::detail::kDeaths], number);
  }
  if (counts_tasks_ && restarts > counted_) ended_in_order_ = restarts - counted_;
}

void PoolDeaths::take(const DeathRecord& record, std::uint64_t number) {
  // Acquire pairs with publish_death(): the fields are there if the number is.
  const bool there = record.number.load(std::memory_order_acquire) == number;
  const auto pid = static_cast<pid_t>(record.pid);
  const bool asked_for = record.task_was_killing != 0;
  const int signal = record.term_signal;
  const int code = record.exit_code;
  std::atomic_thread_fence(std::memory_order_acquire);
  if (!there || record.number.load(std::memory_order_relaxed) != number) {
    ++missed_;
    return;
  }
  told_of_.insert(pid);
  if (asked_for) ++asked_for_;
  if (asked_for || killed_.has(pid) || ledger().ended_itself(pid)) return;
  without_cause_ = fmt::format(
      "worker {} (pid {}) died ({}), and nobody had killed it or asked for its end", record.worker,
      pid, signal != 0 ? muster::detail::signal_name(signal) : fmt::format("exit code {}", code));
}

bool PoolDeaths::look_whether_all_are_told_of() {
  const std::set<pid_t> pids = hit();
  look();
  for (std::uint32_t w = 0; w < facts_.geometry.workers; ++w) {
    const auto pid = static_cast<pid_t>(facts_.worker(w).pid.load());
    // One that is told of is buried: who has its number now is another.
    if (pid == 0 || (pids.contains(pid) && !told_of_.contains(pid))) return false;
  }
  // A death is told of before its worker has a successor.
  look();
  return not_told_of(pids) <= ended_in_order_ + missed_;
}

std::set<pid_t> PoolDeaths::hit() const {
  std::set<pid_t> pids = killed_.all();
  ledger().add_ended_pids(pids);
  return pids;
}

std::uint64_t PoolDeaths::not_told_of(const std::set<pid_t>& hit) const {
  std::uint64_t count = 0;
  for (const pid_t pid : hit) count += told_of_.contains(pid) ? 0 : 1;
  return count;
}

}  // namespace prove
