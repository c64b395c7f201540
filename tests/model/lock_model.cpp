#include "tests/model/lock_model.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/common/biased_mutex_steps.hpp"
#include "lib/common/futex_mutex_steps.hpp"
#include "tests/model/lock_platform.hpp"

namespace muster::model {

namespace {

// Few turns, so that favourites come and go within few steps.
template <std::size_t kMost>
struct Rules {
  static constexpr std::uint32_t kFewestTurns = 1;
  static constexpr std::uint32_t kMostTurns = 2;
  static constexpr std::size_t kFavourites = kMost;
};

template <class Mutex>
class LockModel final : public Program {
 public:
  explicit LockModel(const LockShape& shape) : shape_(shape) {
    LockPlatform::world = {};
    LockPlatform::threads = &threads_;
  }

  void start(Scheduler& s) override {
    s.let_stores_sink();
    if (s.tracing()) {
      LockPlatform::name_words(s, mutex_);
      threads_.name_marks(s);
      s.name(&turns_, "the count");
    }
    for (std::size_t i = 0; i < shape_.threads.size(); ++i) {
      s.add_actor("thread " + std::to_string(i), [this, i] {
        for (const unsigned turns : shape_.threads[i]) {
          for (unsigned turn = 0; turn < turns; ++turn) take_turn();
          threads_.end_current();
        }
      });
    }
  }

  void crashed(Scheduler&, std::size_t) override {}

  std::uint64_t state() const override {
    return Hash().add(inside_ ? 1 : 0).add(threads_.state()).value();
  }

  void check() override {
    unsigned all = 0;
    for (const auto& thread : shape_.threads) {
      for (const unsigned turns : thread) all += turns;
    }
    if (turns_.peek() != all) throw ModelFailure("what was done under the lock is lost");
  }

 private:
  void take_turn() {
    mutex_.lock();
    if (inside_) throw ModelFailure("two threads have the lock");
    inside_ = true;
    turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    inside_ = false;
    mutex_.unlock();
  }

  const LockShape shape_;
  Mutex mutex_;
  ThreadTable threads_;
  ModelAtomic<std::uint32_t> turns_;
  bool inside_ = false;
};

template <std::size_t kMost>
using Biased = detail::BasicBiasedMutex<LockPlatform, Rules<kMost>>;

}  // namespace

std::unique_ptr<Program> make_lock(const LockShape& shape) {
  switch (shape.kind) {
    case LockKind::two_favourites: return std::make_unique<LockModel<Biased<2>>>(shape);
    case LockKind::one_favourite: return std::make_unique<LockModel<Biased<1>>>(shape);
    case LockKind::futex: break;
  }
  return std::make_unique<LockModel<detail::BasicFutexMutex<LockPlatform>>>(shape);
}

}  // namespace muster::model
