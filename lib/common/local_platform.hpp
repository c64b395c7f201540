#pragma once

#include <atomic>
#include <cstdint>

#include "lib/common/asymmetric_fence.hpp"
#include "lib/common/futex.hpp"
#include "lib/common/thread_mark.hpp"

namespace muster::detail {

// What StdPlatform (platform.hpp) is between processes, between the threads of one: all by which
// its locks touch what other threads touch, or wait for it.
struct LocalPlatform {
  template <class T>
  using Atomic = std::atomic<T>;
  // Who touches it has the lock.
  template <class T>
  using Guarded = T;
  using Word = Atomic<std::uint32_t>;
  using ThisThread = BasicThisThread<LocalPlatform>;

  static void light_fence() noexcept { detail::light_fence(); }
  static bool has_heavy_fence() noexcept { return detail::has_heavy_fence(); }
  // REQUIRES: has_heavy_fence().
  static void heavy_fence() noexcept { detail::heavy_fence(); }

  static void wait(const Word& word, std::uint32_t expected) noexcept {
    futex_wait(word, expected);
  }
  static void wake_one(const Word& word) noexcept { futex_wake(word, 1); }

  // So often before sleeping, about 1 us of `pause`: a critical section is over by then, or its
  // holder has lost its core.
  static constexpr int kSpins = 40;
  static void relax() noexcept { cpu_relax(); }

  static ThisThread& this_thread() noexcept { return this_thread_; }
  // Gives the calling thread, which has none, a number, and a mark unless there is no memory. When
  // the thread ends it has neither any more.
  static void number_this_thread() noexcept;

 private:
  static ThisThread::Mark* take_mark() noexcept;
  static void put_mark_back(ThisThread::Mark& mark) noexcept;
  static void forget_thread(void*) noexcept;

  [[gnu::tls_model("initial-exec")]] static constinit thread_local ThisThread this_thread_;
};

}  // namespace muster::detail
