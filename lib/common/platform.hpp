#pragma once

#include <atomic>
#include <cstdint>

#include "lib/common/asymmetric_fence.hpp"
#include "lib/common/deadline.hpp"
#include "lib/common/fence.hpp"
#include "lib/common/futex.hpp"
#include "lib/common/ticks.hpp"

namespace muster::detail {

// All by which the code over shared memory touches what other processes touch, or waits for it:
// atomics, fences, sleep, a clock. That code is a template over it, so that a test can put a
// scheduler of its own in the machine's place, which decides after every step who makes the next
// one (tests/model/).
struct StdPlatform {
  template <class T>
  using Atomic = std::atomic<T>;
  using Word = Atomic<std::uint32_t>;

  static void full_fence() noexcept { detail::full_fence(); }
  static void light_fence() noexcept { detail::light_fence(); }
  // Between the processes of a pool. False: the kernel refuses it, here and now.
  static bool heavy_fence() noexcept { return shared_heavy_fence(); }
  // Instead, and once: until what others have executed by now is there to see.
  static void await_stores() noexcept { detail::await_stores(); }

  static FutexResult wait(const Word& word, std::uint32_t expected, Deadline until) noexcept {
    return futex_wait(word, expected, until, FutexScope::shared);
  }
  // False: nobody slept.
  static bool wake_one(const Word& word) noexcept {
    return futex_wake(word, 1, FutexScope::shared) != 0;
  }
  static void wake_all(const Word& word) noexcept { futex_wake_all(word, FutexScope::shared); }

  static std::uint64_t ticks() noexcept { return ticks_now(); }
  // Whether it is about a millisecond ago: no worker that is woken and not stopped takes so long.
  static bool long_ago(std::uint64_t ticks) noexcept {
    constexpr std::uint64_t kLong = 3'000'000;
    return ticks_now() - ticks > kLong;
  }
};

}  // namespace muster::detail
