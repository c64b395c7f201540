#include "lib/common/life_mark.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/common/futex.hpp"

namespace muster::detail {

// The first word of glibc's mutex is the futex that the kernel marks. hold() makes sure.
const std::atomic<std::uint32_t>& LifeMark::word() const noexcept {
  return *reinterpret_cast<const std::atomic<std::uint32_t>*>(&mutex);
}

bool LifeMark::says_dead(std::uint32_t word) noexcept { return (word & FUTEX_OWNER_DIED) != 0; }

bool LifeMark::hold() noexcept {
  pthread_mutexattr_t attributes;
  if (::pthread_mutexattr_init(&attributes) != 0) return false;
  const bool held = ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0 &&
                    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0 &&
                    ::pthread_mutex_init(&mutex, &attributes) == 0 &&
                    ::pthread_mutex_lock(&mutex) == 0;
  ::pthread_mutexattr_destroy(&attributes);
  if (!held) return false;
  auto& word = const_cast<std::atomic<std::uint32_t>&>(this->word());
  const auto thread = static_cast<std::uint32_t>(::syscall(SYS_gettid));
  if ((word.load() & FUTEX_TID_MASK) != thread) return false;
  // The kernel wakes only where somebody waits, and those who do must not write here.
  word.fetch_or(FUTEX_WAITERS);
  futex_wake_all(word, FutexScope::shared);  // they see whom they watch now
  return true;
}

}  // namespace muster::detail
