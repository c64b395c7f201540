#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <utility>
#include <vector>

#include <muster/future.hpp>

#include "bench/peers/tasks.hpp"

namespace bench {

// How the scenarios use a pool with futures, Muster's or another: anything with submit(function,
// arguments...). All give the sum of the results.

// Moved out: nobody else has the future.
template <class T>
T take(muster::Future<T>& future) {
  return std::move(future).result();
}
template <class T>
T take(std::future<T>& future) {
  return future.get();
}

template <class Pool>
auto submit_plus_one(Pool& pool, std::uint64_t n) {
  return pool.submit(kPlusOne, static_cast<int>(n));
}

template <class Pool>
using PlusOneFuture = decltype(submit_plus_one(std::declval<Pool&>(), 0));

template <class Future>
std::uint64_t collect(Future& kept) {
  // The handle goes with the result, as a program's would: freeing is part of what a task costs.
  Future future = std::move(kept);
  return static_cast<std::uint64_t>(take(future));
}

template <class Future>
std::uint64_t collect_all(std::vector<Future>& futures) {
  std::uint64_t sum = 0;
  for (auto& future : futures) sum += collect(future);
  futures.clear();
  return sum;
}

// Appends the futures of `tasks` tasks.
template <class Pool, class Future>
void submit_all(Pool& pool, std::uint64_t tasks, std::vector<Future>& futures) {
  for (std::uint64_t i = 0; i < tasks; ++i) futures.push_back(submit_plus_one(pool, i));
}

// At most `window` in flight: the oldest is collected, then one submitted. `futures` is empty
// before and after.
template <class Pool, class Future>
std::uint64_t stream(Pool& pool, std::uint64_t tasks, std::size_t window,
                     std::vector<Future>& futures) {
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
