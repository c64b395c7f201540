#pragma once

// Pools whose workers have limits, and what their tests do with them.

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <muster/muster.hpp>

#include "support/failure.hpp"

namespace test_support {

inline muster::ProcessPoolOptions limited(muster::WorkerLimits limits, std::size_t workers = 1) {
  return {.max_workers = workers,
          .on_worker_death = muster::OnWorkerDeath::replace,
          .limits = std::move(limits)};
}

// The pool has another worker afterwards, and it is one that was made later.
inline void replace_worker(muster::ProcessPoolExecutor& pool) {
  failure_of<muster::WorkerDiedError>(pool.submit([] { std::abort(); }));
}

// In a task: what the call says that has failed.
inline long or_throw(long result) {
  if (result < 0) throw std::system_error(errno, std::generic_category());
  return result;
}

// What making such a pool throws, in words.
inline std::string refusal(muster::WorkerLimits limits) {
  const auto error =
      thrown_by([&] { const muster::ProcessPoolExecutor pool(limited(std::move(limits))); });
  return as<muster::InvalidArgumentError>(error).what();
}

// The error of a task's system call.
template <class T>
std::errc error_of(const muster::Future<T>& future) {
  return static_cast<std::errc>(failure_of<std::system_error>(future).code().value());
}

}  // namespace test_support
