#pragma once

#include <atomic>
#include <cstdint>

namespace muster::detail {

// By which others see whether a thread lives: as long as it does, its mark has its number. A mark
// belongs to one thread at a time, and is never freed; a number is never given twice, unlike the
// system's. So whoever remembers a thread by both sees that it has ended, also when the mark is
// another one's.
template <class Platform>
struct BasicThreadMark {
  typename Platform::template Atomic<std::uint64_t> thread{};  // 0: nobody's
  BasicThreadMark* next = nullptr;                             // among those that are nobody's
};

// The thread's own.
template <class Platform>
struct BasicThisThread {
  using Mark = BasicThreadMark<Platform>;

  std::uint64_t number = 0;  // 0: it has none yet
  Mark* mark = nullptr;      // null: it has none, and nobody can see whether it lives

  void take(Mark& unused) noexcept {
    mark = &unused;
    // Release: as in end(), for the thread before, whose number it had.
    unused.thread.store(number, std::memory_order_release);
  }

  // What the thread still does, in destructors that come after this, it does under another number:
  // what was kept for the old one may be another thread's from here on. The mark is nobody's then.
  Mark& end() noexcept {
    Mark& ended = *mark;
    number = 0;
    mark = nullptr;
    // Release: pairs with the acquire of who asks whether it lives: what it did was before.
    ended.thread.store(0, std::memory_order_release);
    return ended;
  }
};

}  // namespace muster::detail
