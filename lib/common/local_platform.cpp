#include "lib/common/local_platform.hpp"

#include <pthread.h>

#include <mutex>
#include <new>
#include <optional>

#include "lib/common/fork_guard.hpp"

namespace muster::detail {
namespace {

std::atomic<std::uint64_t> threads{0};

ForkSafeMutex marks_mutex;
constinit BasicThreadMark<LocalPlatform>* unused_marks = nullptr;

}  // namespace

constinit thread_local LocalPlatform::ThisThread LocalPlatform::this_thread_;

// Null if there is no memory.
LocalPlatform::ThisThread::Mark* LocalPlatform::take_mark() noexcept {
  {
    const std::lock_guard lock(marks_mutex);
    if (ThisThread::Mark* mark = unused_marks; mark != nullptr) {
      unused_marks = mark->next;
      return mark;
    }
  }
  return new (std::nothrow) ThisThread::Mark;
}

void LocalPlatform::put_mark_back(ThisThread::Mark& mark) noexcept {
  const std::lock_guard lock(marks_mutex);
  mark.next = unused_marks;
  unused_marks = &mark;
}

void LocalPlatform::forget_thread(void*) noexcept { put_mark_back(this_thread_.end()); }

// No thread_local object with a destructor: the C library ends a program that has no memory to note
// it down.
void LocalPlatform::number_this_thread() noexcept {
  this_thread_.number = threads.fetch_add(1, std::memory_order_relaxed) + 1;
  static const std::optional<pthread_key_t> key = []() -> std::optional<pthread_key_t> {
    pthread_key_t made;
    if (::pthread_key_create(&made, &forget_thread) != 0) return std::nullopt;
    return made;
  }();
  if (!key) return;
  ThisThread::Mark* mark = take_mark();
  if (mark == nullptr) return;
  if (::pthread_setspecific(*key, mark) == 0) {
    this_thread_.take(*mark);
  } else {
    put_mark_back(*mark);
  }
}

}  // namespace muster::detail
