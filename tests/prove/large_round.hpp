#pragma once

#include <atomic>
#include <cstdint>

#include "prove/large_totals.hpp"
#include "prove/soak_round.hpp"
#include "prove/verdict.hpp"
#include "prove/watch.hpp"

namespace prove {

// One pool, from its start to its end, whose workers are killed while they write large results, the
// largest of so many bytes, or have arrays in their hands. What should live must be right at all
// times; what nobody holds any more must go, and with the pool all of it.
void run_large_round(std::uint64_t seed, std::uint64_t number, std::uint64_t bytes,
                     LargeTotals& totals, Verdict& verdict, Watch& watch, SoakStage& stage,
                     const std::atomic<bool>& interrupted);

}  // namespace prove
