#pragma once

#include <atomic>
#include <cstdint>

#include "lib/common/asymmetric_fence.hpp"
#include "lib/common/deadline.hpp"
#include "lib/common/fence.hpp"
#include "lib/common/futex.hpp"

namespace muster::detail {

// All by which the code over shared memory touches what other processes touch: atomics, fences and
// sleep. That code is a template over it, so that a test can put a scheduler of its own in the
// machine's place, which decides after every step who makes the next one (tests/model/).
struct StdPlatform {
  template <class T>
  using Atomic = std::atomic<T>;
  using Word = Atomic<std::uint32_t>;

  static void full_fence() noexcept { detail::full_fence(); }
  static void light_fence() noexcept { detail::light_fence(); }
  // Between the processes of a pool. False: the kernel refuses it, here and now.
  static bool heavy_fence() noexcept { return shared_heavy_fence(); }

  static FutexResult wait(const Word& word, std::uint32_t expected, Deadline until) noexcept {
    return futex_wait(word, expected, until, FutexScope::shared);
  }
  static void wake_one(const Word& word) noexcept { futex_wake(word, 1, FutexScope::shared); }
  static void wake_all(const Word& word) noexcept { futex_wake_all(word, FutexScope::shared); }
};

}  // namespace muster::detail
