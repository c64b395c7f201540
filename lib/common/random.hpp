#pragma once

#include <cstdint>

#include <muster/random.hpp>

namespace muster::detail {

// What a new pool's workers are to be seeded with: drawn from the sequence that muster::seed()
// started, else from entropy.
std::uint64_t next_pool_seed();

// In a new worker.
void reseed_random(std::uint64_t pool_seed, std::uint32_t index, std::uint64_t incarnation);

}  // namespace muster::detail
