#include "tests/model/scheduler.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/model/model_platform.hpp"

namespace muster::model {
namespace {

using Atomic = ModelPlatform::Atomic<std::uint64_t>;
using Word = ModelPlatform::Word;

// Actors over a few words, and what must hold in the end.
struct Memory {
  Atomic a, b, c, d;
  Word word;
};

class Small final : public Program {
 public:
  using Body = std::function<void(Memory&)>;

  Small(std::vector<Body> bodies, Body check, bool may_crash)
      : bodies_(std::move(bodies)), check_(std::move(check)), may_crash_(may_crash) {}

  void start(Scheduler& s) override {
    for (std::size_t i = 0; i < bodies_.size(); ++i) {
      s.add_actor(
          "actor " + std::to_string(i), [this, i] { bodies_[i](memory_); }, may_crash_);
    }
  }
  void crashed(Scheduler&, std::size_t) override {}
  std::uint64_t state() const override { return 0; }
  void check() override { check_(memory_); }

 private:
  std::vector<Body> bodies_;
  Body check_;
  bool may_crash_;
  Memory memory_;
};

Outcome explore(const Bounds& bounds, std::vector<Small::Body> bodies, Small::Body check) {
  Scheduler scheduler;
  return scheduler.explore(
      [&] { return std::make_unique<Small>(bodies, check, bounds.crashes != 0); }, bounds);
}

void require(bool holds, const char* what) {
  if (!holds) throw ModelFailure(what);
}

TEST(SchedulerTest, FindsAnUpdateThatIsLost) {
  const auto add = [](Memory& m) { m.a.store(m.a.load() + 1); };
  const auto check = [](Memory& m) { require(m.a.peek() == 2, "an update was lost"); };
  EXPECT_EQ(explore({.preemptions = 0}, {add, add}, check).failure, "");
  EXPECT_EQ(explore({.preemptions = 1}, {add, add}, check).failure, "an update was lost");
}

TEST(SchedulerTest, ALockedUpdateIsNotLost) {
  const auto add = [](Memory& m) { m.a.fetch_add(1); };
  const Outcome outcome = explore({.preemptions = 9}, {add, add, add}, [](Memory& m) {
    require(m.a.peek() == 3, "an update was lost");
  });
  EXPECT_EQ(outcome.failure, "");
  EXPECT_TRUE(outcome.complete);
  EXPECT_GE(outcome.executions, 6u) << "three actors, in every order";
}

TEST(SchedulerTest, GivesUpWhereItIsToldToAndSaysSo) {
  const auto add = [](Memory& m) { m.a.fetch_add(1); };
  const auto check = [](Memory&) {};
  const Outcome whole = explore({.preemptions = 9}, {add, add, add}, check);
  ASSERT_TRUE(whole.complete);
  const Outcome few = explore({.preemptions = 9, .executions = 2}, {add, add, add}, check);
  EXPECT_FALSE(few.complete);
  EXPECT_EQ(few.executions, 2u);
  const Outcome small = explore({.preemptions = 9, .states = 5}, {add, add, add}, check);
  EXPECT_FALSE(small.complete);
  EXPECT_LT(small.states, whole.states);
  EXPECT_EQ(small.failure, "");
}

// Each writes, then reads what the other writes (Dekker): store buffers let both read 0.
template <class FenceA, class FenceB>
Outcome dekker(unsigned delays, FenceA fence_a, FenceB fence_b) {
  return explore(
      {.preemptions = 4, .delays = delays},
      {[=](Memory& m) {
         m.a.store(1, std::memory_order_release);
         fence_a();
         m.c.store(m.b.load());
       },
       [=](Memory& m) {
         m.b.store(1, std::memory_order_release);
         fence_b();
         m.d.store(m.a.load());
       }},
      [](Memory& m) { require(m.c.peek() == 1 || m.d.peek() == 1, "neither saw the other"); });
}

TEST(SchedulerTest, StoresWaitInABufferWhereNoFenceEmptiesIt) {
  const auto none = [] {};
  EXPECT_EQ(dekker(0, none, none).failure, "");
  EXPECT_EQ(dekker(1, none, none).failure, "neither saw the other");
  EXPECT_EQ(dekker(1, ModelPlatform::full_fence, none).failure, "neither saw the other");
  EXPECT_EQ(dekker(4, ModelPlatform::full_fence, ModelPlatform::full_fence).failure, "");
}

TEST(SchedulerTest, AHeavyFenceOnOneSideMakesUpForALightOneOnTheOther) {
  const auto heavy = [] { ModelPlatform::heavy_fence(); };
  EXPECT_EQ(dekker(4, ModelPlatform::light_fence, heavy).failure, "");
  EXPECT_EQ(dekker(4, ModelPlatform::light_fence, ModelPlatform::light_fence).failure,
            "neither saw the other");
}

// The compiler may move the store below the load, and then no fence of another finds it.
TEST(SchedulerTest, AHeavyFenceDoesNotMakeUpForACompilersReordering) {
  const auto sink = [](auto fence) {
    return [=] {
      Scheduler::instance().let_stores_sink();
      fence();
    };
  };
  const auto heavy = [] { ModelPlatform::heavy_fence(); };
  const auto light = [] { Scheduler::instance().order_stores(); };
  EXPECT_EQ(dekker(0, sink([] {}), heavy).failure, "neither saw the other");
  EXPECT_EQ(dekker(4, sink(light), heavy).failure, "");
}

// Between two instructions of one actor another may do anything, a heavy fence too: what comes
// second has not been executed then.
TEST(SchedulerTest, AHeavyFenceFindsAStoreThatIsNotExecutedYet) {
  const Outcome outcome = explore({.preemptions = 1},
                                  {[](Memory& m) {
                                     m.a.exchange(1);
                                     m.b.store(1, std::memory_order_relaxed);
                                     m.c.load();
                                   },
                                   [](Memory& m) {
                                     if (m.a.load() == 0) return;
                                     ModelPlatform::heavy_fence();
                                     require(m.b.load() == 1, "only the first was done");
                                   }},
                                  [](Memory&) {});
  EXPECT_EQ(outcome.failure, "only the first was done");
}

// But what was executed before something that the other has seen is there after a heavy fence.
TEST(SchedulerTest, AHeavyFenceMakesWhatWasExecutedSeen) {
  const Outcome outcome = explore({.preemptions = 3, .delays = 2},
                                  {[](Memory& m) {
                                     m.b.store(1, std::memory_order_relaxed);
                                     m.a.exchange(1);
                                   },
                                   [](Memory& m) {
                                     if (m.a.load() == 0) return;
                                     ModelPlatform::heavy_fence();
                                     require(m.b.load() == 1, "the first was not done");
                                   }},
                                  [](Memory&) {});
  EXPECT_EQ(outcome.failure, "");
  EXPECT_TRUE(outcome.complete);
}

TEST(SchedulerTest, FindsAWakeThatComesBeforeTheSleep) {
  const auto check = [](Memory&) {};
  // The flag is looked at, then slept on another word, which the waker does not change.
  const Outcome outcome = explore({.preemptions = 1},
                                  {[](Memory& m) {
                                     if (m.a.load() == 0)
                                       ModelPlatform::wait(m.word, 0, detail::Deadline::never());
                                   },
                                   [](Memory& m) {
                                     m.a.store(1);
                                     ModelPlatform::wake_one(m.word);
                                   }},
                                  check);
  EXPECT_EQ(outcome.failure.substr(0, 10), "all sleep:");
}

TEST(SchedulerTest, ASleeperWhoseWordHasChangedDoesNotSleep) {
  const Outcome outcome =
      explore({.preemptions = 9},
              {[](Memory& m) { ModelPlatform::wait(m.word, 0, detail::Deadline::never()); },
               [](Memory& m) {
                 m.word.store(1);
                 ModelPlatform::wake_one(m.word);
               }},
              [](Memory&) {});
  EXPECT_EQ(outcome.failure, "");
}

TEST(SchedulerTest, AnActorDiesAtEachOfItsSteps) {
  std::set<std::uint64_t> seen;
  const Outcome outcome = explore({.preemptions = 0, .crashes = 1}, {[](Memory& m) {
                                    for (std::uint64_t i = 1; i <= 3; ++i) m.a.store(i);
                                  }},
                                  [&](Memory& m) { seen.insert(m.a.peek()); });
  EXPECT_EQ(outcome.failure, "");
  EXPECT_EQ(outcome.crashes, 3u);
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3}));
}

TEST(SchedulerTest, AnActorDiesBetweenTwoStoresAndWhatItHadStoredIsWritten) {
  std::set<std::uint64_t> seen;
  explore({.preemptions = 0, .crashes = 1}, {[](Memory& m) {
            m.a.store(1, std::memory_order_relaxed);
            m.b.store(2, std::memory_order_relaxed);
            (void)m.c.load();
          }},
          [&](Memory& m) { seen.insert(m.a.peek() + m.b.peek()); });
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 3}));
}

TEST(SchedulerTest, AnEndlessLoopIsAFailure) {
  const Outcome outcome = explore({.preemptions = 0, .steps = 100}, {[](Memory& m) {
                                    while (m.a.load() == 0) {
                                    }
                                  }},
                                  [](Memory&) {});
  EXPECT_EQ(outcome.failure, "more than 100 steps: an endless loop");
}

TEST(SchedulerTest, ASeedRepeatsAFailure) {
  const auto make = [] {
    const auto add = [](Memory& m) { m.a.store(m.a.load() + 1); };
    return std::make_unique<Small>(
        std::vector<Small::Body>{add, add},
        [](Memory& m) { require(m.a.peek() == 2, "an update was lost"); }, false);
  };
  const Bounds bounds{.preemptions = 2};
  Scheduler scheduler;
  const Outcome found = scheduler.explore(make, bounds);
  ASSERT_NE(found.failure, "");
  const Outcome again = scheduler.replay(make, bounds, found.seed);
  EXPECT_EQ(again.failure, found.failure);
  EXPECT_EQ(again.trace, found.trace);
}

}  // namespace
}  // namespace muster::model
