#include "lib/common/futex.hpp"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

namespace muster::detail {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t),
              "the kernel reads the atomic as a plain 32-bit word");

int operation(int op, FutexScope scope) {
  return scope == FutexScope::process ? op | FUTEX_PRIVATE_FLAG : op;
}

}  // namespace

FutexResult futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                       Deadline until, FutexScope scope) noexcept {
  // FUTEX_WAIT_BITSET and not FUTEX_WAIT: its time is absolute, on CLOCK_MONOTONIC.
  const timespec when = until.absolute();
  const long rc = ::syscall(SYS_futex, &word, operation(FUTEX_WAIT_BITSET, scope), expected,
                            until.is_never() ? nullptr : &when, nullptr, FUTEX_BITSET_MATCH_ANY);
  if (rc == 0) return FutexResult::woken;
  switch (errno) {
    case EAGAIN: return FutexResult::changed;
    case ETIMEDOUT: return FutexResult::timed_out;
    default: return FutexResult::woken;
  }
}

int futex_wake(const std::atomic<std::uint32_t>& word, int count, FutexScope scope) noexcept {
  const long rc = ::syscall(SYS_futex, &word, operation(FUTEX_WAKE, scope), count);
  return rc > 0 ? static_cast<int>(rc) : 0;
}

int futex_wake_all(const std::atomic<std::uint32_t>& word, FutexScope scope) noexcept {
  return futex_wake(word, INT_MAX, scope);
}

}  // namespace muster::detail
