#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <muster/future.hpp>

#include "bench/peers/peer.hpp"

namespace bench {

// How the scenarios use a pool of Muster's. All give the sum of the results.

template <class Pool>
muster::Future<int> submit_plus_one(Pool& pool, std::uint64_t n) {
  return pool.submit(kPlusOne, static_cast<int>(n));
}

inline std::uint64_t collect(muster::Future<int>& kept) {
  // The handle goes with the result, as a program's would: freeing is part of what a task costs.
  const muster::Future<int> future = std::move(kept);
  return static_cast<std::uint64_t>(future.result());
}

inline std::uint64_t collect_all(std::vector<muster::Future<int>>& futures) {
  std::uint64_t sum = 0;
  for (auto& future : futures) sum += collect(future);
  futures.clear();
  return sum;
}

// Appends the futures of `tasks` tasks.
template <class Pool>
void submit_all(Pool& pool, std::uint64_t tasks, std::vector<muster::Future<int>>& futures) {
  for (std::uint64_t i = 0; i < tasks; ++i) futures.push_back(submit_plus_one(pool, i));
}

// At most `window` in flight: the oldest is collected, then one submitted. `futures` is empty
// before and after.
template <class Pool>
std::uint64_t stream(Pool& pool, std::uint64_t tasks, std::size_t window,
                     std::vector<muster::Future<int>>& futures) {
  std::uint64_t sum = 0;
  std::size_t oldest = 0;
  for (std::uint64_t i = 0; i < tasks; ++i) {
    if (futures.size() < window) {
      futures.push_back(submit_plus_one(pool, i));
      continue;
    }
    sum += collect(futures[oldest]);
    futures[oldest] = submit_plus_one(pool, i);
    if (++oldest == window) oldest = 0;
  }
  for (std::size_t i = 0; i < futures.size(); ++i) {
    sum += collect(futures[(oldest + i) % futures.size()]);
  }
  futures.clear();
  return sum;
}

}  // namespace bench
