#pragma once

#include <atomic>
#include <cstdint>

#include "lib/common/deadline.hpp"

namespace muster::detail {

// Whether the word lies in memory of this process alone or is shared with others. Waiter and
// waker must name the same scope.
enum class FutexScope { process, shared };

enum class FutexResult {
  woken,      // by a wake, a signal, or for nothing: look at the word again
  changed,    // the word did not hold `expected`
  timed_out,  // the deadline passed
};

// Sleeps while `word` holds `expected`, until woken or the deadline.
FutexResult futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                       Deadline until = Deadline::never(),
                       FutexScope scope = FutexScope::process) noexcept;

// Wakes at most `count` sleepers and returns how many there were. The word is not read, so it
// may lie in memory that its owner gave back a moment ago.
int futex_wake(const std::atomic<std::uint32_t>& word, int count,
               FutexScope scope = FutexScope::process) noexcept;

int futex_wake_all(const std::atomic<std::uint32_t>& word,
                   FutexScope scope = FutexScope::process) noexcept;

// One hint to the processor that this is a spin loop (26 ns on Skylake and later).
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

}  // namespace muster::detail
