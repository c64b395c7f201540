#include "prove/reconciliation.hpp"

#include <fmt/format.h>

#include "prove/pause.hpp"

namespace prove {

void Reconciliation::settle() {
  const std::int64_t began = watch_.now_ns();
  while (verdict_.good() && !broke_) {
    const bool told = deaths_.look_whether_all_are_told_of();
    if (breaks_ && is_broken()) {
      broke_ = true;
      deaths_.look();  // the death that it broke of was written down before
      return;
    }
    const bool must_break = breaks_ && deaths_.not_asked_for() != 0;
    if (told && !must_break) return;
    if (watch_.now_ns() - began >= Watch::kLimitNs) {
      verdict_.broken(Fault::wrong,
                      must_break ? text_of_one_that_goes_on() : text_of_those_not_told_of());
      return;
    }
    sleep_for(1000);
  }
}

void Reconciliation::conclude(SoakTotals& totals) {
  if (!deaths_.without_cause().empty()) verdict_.broken(Fault::wrong, deaths_.without_cause());
  // A supervisor that breaks its pool leaves.
  if (breaks_ && deaths_.not_asked_for() > 1) {
    verdict_.broken(Fault::wrong, text_of_one_that_goes_on());
  }
  if (broke_ && deaths_.not_asked_for() == 0 && deaths_.missed() == 0) {
    verdict_.broken(Fault::wrong,
                    "a pool broke though none of its workers had died but those whose end the "
                    "program had asked for");
  }
  totals.deaths += deaths_.counted();
  totals.deaths_asked_for += deaths_.asked_for();
  if (!broke_) totals.hit_when_ended += deaths_.not_told_of();
  if (!breaks_) return;
  ++totals.pools_to_break;
  if (deaths_.not_asked_for() != 0) ++totals.pools_that_had_to;
  if (broke_) ++totals.broken_pools;
}

// It says so to who gives it a task.
bool Reconciliation::is_broken() {
  const Watch::Waiting waiting(watch_, seat_, Watch::kSubmit);
  try {
    pool_.submit([] {}).result();
  } catch (const muster::BrokenProcessPool&) {
    return true;
  }
  return false;
}

std::string Reconciliation::text_of_one_that_goes_on() const {
  return fmt::format(
      "a pool that is to break when a worker dies went on: it has told of {} deaths, of which the "
      "program had asked for {}",
      deaths_.counted(), deaths_.asked_for());
}

std::string Reconciliation::text_of_those_not_told_of() const {
  return fmt::format(
      "{} workers that were killed or ended themselves are not among the {} deaths that their pool "
      "has told of, and {} have ended in order",
      deaths_.not_told_of(), deaths_.counted(), deaths_.ended_in_order());
}

}  // namespace prove
