#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "lib/common/deadline.hpp"
#include "lib/common/futex.hpp"
#include "tests/model/scheduler.hpp"

namespace muster::model {

// Stands in for std::atomic<T>: each access is a step of the scheduler. Stores weaker than seq_cst
// go through the store buffer; loads see one's own; everything that the processor does as a locked
// operation empties it. What else a weaker order would allow x86-64 does not do.
template <class T>
class ModelAtomic {
  static_assert(std::is_integral_v<T> || std::is_pointer_v<T>);

 public:
  ModelAtomic() = default;
  ModelAtomic(const ModelAtomic&) = delete;
  ModelAtomic& operator=(const ModelAtomic&) = delete;

  T load(std::memory_order = std::memory_order_seq_cst) const {
    Scheduler& s = Scheduler::instance();
    s.point(Scheduler::Access::reads);
    const T value = decode(s.load(word_));
    s.observe(encode(value));
    if (s.tracing()) s.note("reads " + s.name_of(this) + ": " + text(value));
    return value;
  }

  void store(T value, std::memory_order order = std::memory_order_seq_cst) {
    Scheduler& s = Scheduler::instance();
    if (order == std::memory_order_seq_cst) {
      s.point();
      s.flush();
      s.write(word_, encode(value));
    } else {
      s.may_die();
      s.store(word_, encode(value));
    }
    if (s.tracing()) s.note("writes " + s.name_of(this) + ": " + text(value));
  }

  T exchange(T value, std::memory_order = std::memory_order_seq_cst) {
    return change("swaps", [&](T) { return value; });
  }
  T fetch_add(T by, std::memory_order = std::memory_order_seq_cst) {
    return change("adds to", [&](T old) { return static_cast<T>(old + by); });
  }
  T fetch_or(T bits, std::memory_order = std::memory_order_seq_cst) {
    return change("sets bits of", [&](T old) { return static_cast<T>(old | bits); });
  }
  T fetch_and(T bits, std::memory_order = std::memory_order_seq_cst) {
    return change("clears bits of", [&](T old) { return static_cast<T>(old & bits); });
  }

  bool compare_exchange_strong(T& expected, T desired,
                               std::memory_order = std::memory_order_seq_cst,
                               std::memory_order = std::memory_order_seq_cst) {
    Scheduler& s = Scheduler::instance();
    s.point();
    s.flush();
    const T found = peek();
    s.observe(encode(found));
    const bool same = found == expected;
    if (s.tracing()) {
      s.note(same ? "swaps " + s.name_of(this) + ": " + text(found) + " -> " + text(desired)
                  : "fails to swap " + s.name_of(this) + ": " + text(found) + ", not " +
                        text(expected));
    }
    if (same) s.write(word_, encode(desired));
    expected = found;
    return same;
  }

  // Without a step: for who sets up a run, and for who checks it.
  T peek() const { return decode(word_.value); }
  void poke(T value) { word_.value = encode(value); }

 private:
  // Pointers as distances: the same in each run, wherever its memory lies, if what they point to
  // lies in one object with them.
  std::uint64_t encode(T value) const {
    if constexpr (std::is_pointer_v<T>) {
      if (value == nullptr) return 0;
      return reinterpret_cast<std::uintptr_t>(value) - reinterpret_cast<std::uintptr_t>(this);
    } else {
      return static_cast<std::uint64_t>(value);
    }
  }
  T decode(std::uint64_t bits) const {
    if constexpr (std::is_pointer_v<T>) {
      if (bits == 0) return nullptr;
      return reinterpret_cast<T>(reinterpret_cast<std::uintptr_t>(this) + bits);
    } else {
      return static_cast<T>(bits);
    }
  }

  static std::string text(T value) {
    if constexpr (std::is_pointer_v<T>) {
      return value == nullptr ? "none" : Scheduler::instance().name_of(value);
    } else {
      return std::to_string(value);
    }
  }

  template <class Next>
  T change(const char* how, Next&& next) {
    Scheduler& s = Scheduler::instance();
    s.point();
    s.flush();
    const T old = peek();
    s.observe(encode(old));
    s.write(word_, encode(next(old)));
    if (s.tracing()) {
      s.note(std::string(how) + " " + s.name_of(this) + ": " + text(old) + " -> " + text(peek()));
    }
    return old;
  }

  Scheduler::Word word_{0, Scheduler::instance().next_number()};
};

// What a model runs in.
struct ModelWorld {
  // As where membarrier(2) is not permitted.
  bool refuses_heavy_fences = false;
  // As where it is forbidden later, or in some of the processes.
  bool may_refuse_heavy_fences = false;
  // Whether time passes at all: then any time may have passed between two steps, or none.
  bool time_passes = false;
};

// In the place of StdPlatform (lib/common/platform.hpp). Sleeps have no bound here, so that a wake
// that is lost stays lost.
struct ModelPlatform {
  template <class T>
  using Atomic = ModelAtomic<T>;
  using Word = Atomic<std::uint32_t>;

  static void full_fence() {
    Scheduler::instance().point();
    Scheduler::instance().flush();
  }
  static void light_fence() {}
  // Each program sets all of it: there may have been another one before it.
  static inline ModelWorld world;

  static bool heavy_fence() {
    if (world.refuses_heavy_fences) return false;
    if (world.may_refuse_heavy_fences && Scheduler::instance().maybe()) return false;
    Scheduler::instance().point();
    Scheduler::instance().flush_executed();
    Scheduler::instance().note("makes a heavy fence");
    return true;
  }

  static void await_stores() {
    Scheduler::instance().point();
    Scheduler::instance().flush_executed();
    Scheduler::instance().note("has waited for the stores of others");
  }

  static muster::detail::FutexResult wait(const Word& word, std::uint32_t expected,
                                          muster::detail::Deadline) {
    Scheduler& s = Scheduler::instance();
    s.point();
    s.flush();
    s.observe(word.peek() != expected ? 1 : 0);
    if (word.peek() != expected) return muster::detail::FutexResult::changed;
    s.block(&word);
    return muster::detail::FutexResult::woken;
  }
  static bool wake_one(const Word& word) {
    Scheduler& s = Scheduler::instance();
    s.point();
    const bool slept = s.wake(&word, false);
    s.observe(slept ? 1 : 0);
    return slept;
  }
  static void wake_all(const Word& word) {
    Scheduler::instance().point();
    Scheduler::instance().wake(&word, true);
  }

  static std::uint64_t ticks() { return 0; }
  static bool long_ago(std::uint64_t) { return world.time_passes && Scheduler::instance().maybe(); }
};

}  // namespace muster::model
