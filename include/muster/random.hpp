#pragma once

#include <cstdint>
#include <random>

namespace muster {

// The calling thread's random engine. Until seed() is called it starts from the system's entropy.
// Workers never share its state with the process they were forked from nor with each other: each
// starts from the seed, the pool, its index and its incarnation. So with a seed a run can be
// repeated as far as the same tasks meet the same workers, and without one all streams differ.
//
// Thread safety: the engine is the calling thread's own; the reference is not for others.
std::mt19937_64& random();

// Restarts the calling thread's engine from `value`, and lets pools made by this process from
// now on derive their workers' engines from it.
// Thread safety: any.
void seed(std::uint64_t value);

}  // namespace muster
