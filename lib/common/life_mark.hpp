#pragma once

// A word in shared memory by which others hear early that a process ends: the word of a robust
// mutex that it locks once and never unlocks. When its thread ends, of whatever, the kernel marks
// the word and wakes one who sleeps on it, before it takes the process's memory down, which takes
// milliseconds where that is large (set_robust_list(2)).
//
// An early hint and no proof: a process may write what it likes here, and one whose main thread
// ended, or that became another program, is marked and lives on. The pidfd proves.
//
// If a process dies here: before hold() has returned its end is not marked.

#include <pthread.h>

#include <atomic>
#include <cstdint>

namespace muster::detail {

struct alignas(64) LifeMark {
  pthread_mutex_t mutex;

  // For the calling thread, until it ends; in place of a predecessor that is dead. False: this
  // system's mutex is none that others can watch.
  bool hold() noexcept;

  const std::atomic<std::uint32_t>& word() const noexcept;
  static bool says_dead(std::uint32_t word) noexcept;
};
static_assert(sizeof(LifeMark) == 64);

}  // namespace muster::detail
