#pragma once

// What a pool itself says of its workers' deaths, to be held against what was done to them.
//
// Exact, as far as it goes:
// - a death that the pool tells of is that of a worker that was killed, that ended itself, or whose
//   end the program had asked for (CancelMode::kill, a time limit);
// - a worker that was killed or ended itself is told of, if its pool goes on, unless it had just
//   ended in order; no more of them do than were replaced and are not told of, so none of a pool
//   that does not count tasks (max_tasks_per_child);
// - a pool that is to break breaks of the first death that nobody had asked for, and of no other.
//
// Kills are no deaths: a worker may be hit twice, or when it has ended already. And a supervisor
// that breaks its pool tells of the death that it breaks of; who else is killed by then goes with
// it.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "lib/segments/views.hpp"
#include "prove/killer.hpp"

namespace prove {

class PoolDeaths {
 public:
  // Of a pool from its beginning on. `counts_tasks`: workers end in order after so many.
  PoolDeaths(const muster::detail::FactsView& facts, const KilledPids& killed, bool counts_tasks)
      : facts_(facts), killed_(killed), counts_tasks_(counts_tasks) {}

  // Takes in what the supervisor has written down since; it keeps the last 256.
  void look();
  // The same. True: each worker that was hit has a successor, and there are not more that are not
  // told of than have ended in order.
  bool look_whether_all_are_told_of();

  std::uint64_t counted() const { return counted_; }
  // Of these, those that the program had asked for.
  std::uint64_t asked_for() const { return asked_for_; }
  // Of these, those that had been written over before anybody looked.
  std::uint64_t missed() const { return missed_; }
  // Of these, those that nobody had asked for, at least.
  std::uint64_t not_asked_for() const { return counted_ - asked_for_ - missed_; }
  // Workers that were killed or ended themselves and are not among these deaths.
  std::uint64_t not_told_of() const { return not_told_of(hit()); }
  // Workers that were replaced without having died, at least.
  std::uint64_t ended_in_order() const { return ended_in_order_; }
  // A death that nobody has caused, as a sentence; "": there is none.
  const std::string& without_cause() const { return without_cause_; }

 private:
  void take(const muster::detail::DeathRecord& record, std::uint64_t number);
  std::set<pid_t> hit() const;
  std::uint64_t not_told_of(const std::set<pid_t>& hit) const;

  const muster::detail::FactsView facts_;
  const KilledPids& killed_;
  const bool counts_tasks_;
  std::set<pid_t> told_of_;
  std::uint64_t counted_ = 0;
  std::uint64_t asked_for_ = 0;
  std::uint64_t missed_ = 0;
  std::uint64_t ended_in_order_ = 0;
  std::string without_cause_;
};

}  // namespace prove
