#include "lib/common/biased_mutex.hpp"

#include <pthread.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <optional>

#include "lib/common/fork_guard.hpp"
#include "lib/common/futex.hpp"

namespace muster::detail {
namespace {

// About 1 us of `pause`, as in FutexMutex.
constexpr int kSpins = 40;

// Never given twice, unlike the system's: a thread that ended may have been a favourite.
std::atomic<std::uint64_t> threads{0};

ForkSafeMutex marks_mutex;

}  // namespace

// Belongs to one thread at a time, and is never freed: whoever remembers a thread by its mark and
// number sees by the number that it has ended.
struct BiasedMutex::ThreadMark {
  std::atomic<std::uint64_t> thread{0};  // 0: nobody's
  ThreadMark* next = nullptr;            // under marks_mutex

  static constinit ThreadMark* unused;
};
constinit BiasedMutex::ThreadMark* BiasedMutex::ThreadMark::unused = nullptr;

constinit thread_local std::uint64_t BiasedMutex::this_thread_ = 0;
constinit thread_local BiasedMutex::ThreadMark* BiasedMutex::this_mark_ = nullptr;

void BiasedMutex::forget_thread(void* mark) noexcept {
  // What this thread still does, in destructors that come after this one, it does under another
  // number: a bias of the old one may be another thread's from here on.
  this_thread_ = 0;
  this_mark_ = nullptr;
  auto& ended = *static_cast<ThreadMark*>(mark);
  // Release: pairs with the acquire in bias_of_this_thread(): what the thread did with its biases
  // was before.
  ended.thread.store(0, std::memory_order_release);
  const std::lock_guard lock(marks_mutex);
  ended.next = ThreadMark::unused;
  ThreadMark::unused = &ended;
}

// Null if there is no memory: then the thread is never a favourite. No thread_local object with a
// destructor: the C library ends a program that has no memory to note it down.
BiasedMutex::ThreadMark* BiasedMutex::mark_thread() noexcept {
  static const std::optional<pthread_key_t> key = []() -> std::optional<pthread_key_t> {
    pthread_key_t made;
    if (::pthread_key_create(&made, &forget_thread) != 0) return std::nullopt;
    return made;
  }();
  if (!key) return nullptr;
  ThreadMark* mark;
  {
    const std::lock_guard lock(marks_mutex);
    mark = ThreadMark::unused;
    if (mark != nullptr) ThreadMark::unused = mark->next;
  }
  if (mark == nullptr) mark = new (std::nothrow) ThreadMark;
  if (mark == nullptr) return nullptr;
  // Release: as in forget_thread(), for the thread before, whose number it had.
  mark->thread.store(this_thread_, std::memory_order_release);
  if (::pthread_setspecific(*key, mark) == 0) return mark;
  const std::uint64_t number = this_thread_;
  forget_thread(mark);
  this_thread_ = number;
  return nullptr;
}

void BiasedMutex::lock_slow() noexcept {
  if (this_thread_ == 0) {
    this_thread_ = threads.fetch_add(1, std::memory_order_relaxed) + 1;
    this_mark_ = mark_thread();
  }
  mutex_.lock();
  if (Bias* bias = favourite_.load(std::memory_order_relaxed); bias != nullptr) {
    revoke(*bias);
    turns_ = 0;
    turns_wanted_ = std::min(2 * turns_wanted_, kMostTurns);
  }
  if (last_thread_ != this_thread_) turns_ = 0;
  last_thread_ = this_thread_;
}

void BiasedMutex::unlock_slow() noexcept {
  if (++turns_ >= turns_wanted_ && has_heavy_fence()) {
    // The next turn of this thread is by bias. Another one that has the mutex sees this.
    favourite_.store(bias_of_this_thread(), std::memory_order_relaxed);
    turns_ = 0;
  }
  mutex_.unlock();
}

void BiasedMutex::revoke(Bias& bias) noexcept {
  favourite_.store(nullptr, std::memory_order_relaxed);  // ordered by the fences
  heavy_fence();
  // Acquire: pairs with the release in let_go(): what the favourite did is seen from here on.
  for (int i = 0; i < kSpins; ++i) {
    if (bias.held.load(std::memory_order_acquire) == 0) return;
    cpu_relax();
  }
  while (bias.held.load(std::memory_order_acquire) != 0) futex_wait(bias.held, 1);
}

void BiasedMutex::wake_revoker(Bias& bias) noexcept { futex_wake(bias.held, 1); }

// Null: all of them are other living threads'. Under the mutex, and nobody is the favourite.
BiasedMutex::Bias* BiasedMutex::bias_of_this_thread() noexcept {
  if (this_mark_ == nullptr) return nullptr;
  Bias* unused = nullptr;
  for (Bias& bias : biases_) {
    const std::uint64_t thread = bias.thread.load(std::memory_order_relaxed);
    if (thread == this_thread_) return &bias;
    if (unused != nullptr) continue;
    if (bias.mark == nullptr || bias.mark->thread.load(std::memory_order_acquire) != thread)
      unused = &bias;
  }
  if (unused != nullptr) {
    unused->mark = this_mark_;
    unused->thread.store(this_thread_, std::memory_order_relaxed);
  }
  return unused;
}

void BiasedMutex::reset_after_fork() noexcept {
  favourite_.store(nullptr, std::memory_order_relaxed);
  by_bias_ = nullptr;
  for (Bias& bias : biases_) bias.held.store(0, std::memory_order_relaxed);
  mutex_.reset_after_fork();
}

}  // namespace muster::detail
