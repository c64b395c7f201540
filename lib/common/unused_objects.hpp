#pragma once

#include <mutex>

#include "lib/common/fork_guard.hpp"

namespace muster::detail {

// Those of a T that nobody uses any more. They are never freed, since somebody may still ask one
// what has become of its last user, but used again. A T has a member `T* next_unused_` for this
// class, its friend. Thread safety: complete, and whole in a forked child.
template <class T>
class UnusedObjects {
 public:
  // One of them, or a new one.
  static T& take() {
    {
      const std::lock_guard lock(mutex_);
      if (T* const unused = first_; unused != nullptr) {
        first_ = unused->next_unused_;
        return *unused;
      }
    }
    return *new T;
  }
  static void put(T& unused) noexcept {
    const std::lock_guard lock(mutex_);
    unused.next_unused_ = first_;
    first_ = &unused;
  }

 private:
  static inline ForkSafeMutex mutex_;
  // Under mutex_. What static objects, which may own pools, have put here before main is not lost:
  // there is one thread then, whether or not the mutex has been made.
  static inline constinit T* first_ = nullptr;
};

}  // namespace muster::detail
