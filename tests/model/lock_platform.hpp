#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/common/thread_mark.hpp"
#include "tests/model/model_platform.hpp"

namespace muster::model {

// What a lock guards: plain loads and stores, which are steps like others here, so that it is seen
// who touches it without the lock.
template <class T>
class ModelGuarded {
 public:
  ModelGuarded(T value) { word_.poke(value); }
  operator T() const { return word_.load(std::memory_order_relaxed); }
  T operator=(T value) {
    word_.store(value, std::memory_order_relaxed);
    return value;
  }

 private:
  ModelAtomic<T> word_;
};

class ThreadTable;

// In the place of LocalPlatform (lib/common/local_platform.hpp): each actor is a thread. The
// light fence, which only keeps the compiler in order, is one for Scheduler::let_stores_sink().
struct LockPlatform : ModelPlatform {
  template <class T>
  using Guarded = ModelGuarded<T>;
  using ThisThread = detail::BasicThisThread<LockPlatform>;

  static constexpr int kSpins = 1;
  static void relax() {}
  static void light_fence() { Scheduler::instance().order_stores(); }
  static bool has_heavy_fence() { return true; }

  static void wait(const Word& word, std::uint32_t expected) {
    ModelPlatform::wait(word, expected, detail::Deadline::never());
  }

  static inline ThreadTable* threads = nullptr;  // of this run
  static ThisThread& this_thread();
  static void number_this_thread();

  // For the trace: the words of a mutex.
  template <class Mutex>
  static void name_words(Scheduler& s, const Mutex& mutex) {
    if constexpr (requires { mutex.mutex_; }) {
      s.name(&mutex.favourite_, "favourite");
      s.name(&mutex.by_bias_, "by_bias");
      s.name(&mutex.turns_, "turns");
      s.name(&mutex.turns_wanted_, "turns wanted");
      s.name(&mutex.last_thread_, "last thread");
      for (std::size_t i = 0; i < mutex.biases_.size(); ++i) {
        s.name(&mutex.biases_[i].thread, "bias " + std::to_string(i));
        s.name(&mutex.biases_[i].mark, "mark of bias " + std::to_string(i));
        s.name(&mutex.biases_[i].held, "held " + std::to_string(i));
      }
      name_words(s, mutex.mutex_);
    } else {
      s.name(&mutex.word_, "mutex");
    }
  }
};

// Who the actors are, as threads, and their marks.
class ThreadTable {
 public:
  static constexpr std::size_t kMost = 4;

  LockPlatform::ThisThread& current() { return threads_.at(Scheduler::instance().current()); }

  void number_current() {
    Scheduler& s = Scheduler::instance();
    const std::size_t actor = s.current();
    // No two alike, and the same ones in every order of steps.
    current().number = ++lives_[actor] * kMost + actor;
    locked_step(s);
    const std::size_t unused =
        static_cast<std::size_t>(std::find(given_.begin(), given_.end(), false) - given_.begin());
    given_[unused] = true;
    s.observe(unused);
    current().take(marks_[unused]);
  }

  // What the system does when a thread ends, if it has a mark.
  void end_current() {
    if (current().mark == nullptr) return;
    const auto& mark = current().end();
    locked_step(Scheduler::instance());
    given_[static_cast<std::size_t>(&mark - marks_.data())] = false;
  }

  std::uint64_t state() const {
    Hash hash;
    for (const bool given : given_) hash.add(given);
    return hash.value();
  }

  void name_marks(Scheduler& s) const {
    for (std::size_t i = 0; i < kMost; ++i) s.name(&marks_[i].thread, "mark " + std::to_string(i));
  }

 private:
  // Under the lock that guards the list of marks.
  static void locked_step(Scheduler& s) {
    s.point();
    s.flush();
  }

  std::array<LockPlatform::ThisThread, kMost> threads_;
  std::array<std::uint64_t, kMost> lives_{};
  std::array<detail::BasicThreadMark<LockPlatform>, kMost> marks_;
  std::array<bool, kMost> given_{};
};

inline LockPlatform::ThisThread& LockPlatform::this_thread() { return threads->current(); }
inline void LockPlatform::number_this_thread() { threads->number_current(); }

}  // namespace muster::model
