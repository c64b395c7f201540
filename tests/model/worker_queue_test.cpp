// Orders of a worker's steps that a whole pool comes to only by more preemptions than are explored:
// here it is in the midst of it from the beginning.

#include "worker/worker_queue.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/queue/publish.hpp"
#include "lib/slots/item_hold.hpp"
#include "tests/model/model_platform.hpp"
#include "tests/model/scheduler.hpp"
#include "worker/worker_queue_steps.hpp"

namespace muster::model {
namespace {

using detail::Hint;
using detail::SlotStatus;
using detail::SlotWord;
using detail::TaskTag;

// All tasks are tiny, from the first one on, so as many hints are taken at once as may be.
struct TinyTicks {
  constexpr operator std::uint64_t() const { return 0; }
  friend constexpr bool operator>=(std::uint64_t, TinyTicks) { return false; }
};

struct Pace {
  static constexpr TinyTicks kTinyTicks{};
  static std::uint64_t ticks() { return 0; }
  static std::size_t fair_share(std::size_t queued, std::size_t) { return queued; }
};

constexpr std::uint32_t kMost = 3;  // tasks, and workers

// Some workers and tasks none of which ends before the last has begun.
class Meeting : public Program {
 public:
  explicit Meeting(std::uint32_t workers)
      : workers_(workers),
        parts_(detail::Geometry::parts_at() + kMost * sizeof(detail::TaskPart)),
        slots_(lines_),
        ring_(&ends_, cells_),
        parking_(&sleepers_, std::span(park_).first(workers)) {}

  void crashed(Scheduler&, std::size_t) override {}
  std::uint64_t state() const override {
    Hash hash;
    for (const bool began : began_) hash.add(began ? 1 : 0);
    return hash.value();
  }
  void check() override {}

 protected:
  static TaskTag tag(std::uint32_t i) { return TaskTag::first_attempt(i + 1); }

  void is_pending(std::uint32_t i) {
    lines_[i].word.poke(SlotWord(SlotStatus::pending, 0, tag(i)).bits());
  }

  // At most `limit` tasks; 0: no limit.
  void serve(std::uint32_t worker, std::size_t limit = 0) {
    detail::BasicWorkerQueue<ModelPlatform, Pace> queue(
        {lines_, &ends_, cells_, &sleepers_, std::span(park_).first(workers_),
         std::span(reservations_).first(workers_)},
        detail::TasksView{parts_.data(), {}}, records_[worker], worker, limit, false);
    Hint task;
    while (queue.pop_until(task, detail::Deadline::never()) == detail::PopResult::item) {
      began_[task.slot()] = true;
      Scheduler::instance().wake(&began_, true);
      if (meets_) await_all();
      queue.slots().finish(task.slot(), task.tag(), worker, false);
      if (queue.slots().attention(task.slot()) != 0)
        queue.slots().tell_sleepers(task.slot(), task.tag());
    }
    if (limit != 0) queue.depart();
  }

  void publish(std::uint32_t i) { detail::publish_task(slots_, ring_, i, tag(i), 0); }

  // As ProcessCore::wake_if_needed(), with so many tasks in slots.
  void wake_if_needed(std::size_t in_slots) {
    parking_.fence_after_publish();
    if (parking_.anyone_sleeps() && in_slots > workers_ - parking_.sleeping()) parking_.wake_one();
  }

  void sleeps_at_first(std::uint32_t worker) {
    park_[worker].state.poke(detail::kParked);
    sleepers_.words[0].poke(sleepers_.words[0].peek() | std::uint64_t{1} << worker);
  }

  void wake_and_serve(std::uint32_t worker) {
    parking_.sleep(worker, detail::Deadline::never());
    parking_.leave(worker);
    serve(worker);
  }

  // Then all have begun that could wait for another.
  void close_after_all() {
    await_all();
    ring_.close();
    parking_.wake_all();
  }

  void await_all() {
    Scheduler& s = Scheduler::instance();
    s.point();
    while (!std::ranges::all_of(began_, [](bool began) { return began; })) s.block(&began_);
    s.observe(1);
  }

  const std::uint32_t workers_;
  std::array<detail::BasicSlotLine<ModelPlatform>, kMost> lines_;
  detail::BasicRingEnds<ModelPlatform> ends_;
  std::array<detail::HintRing<ModelPlatform>::Cell, 4> cells_;
  detail::BasicSleepers<ModelPlatform> sleepers_;
  std::array<detail::BasicParkLine<ModelPlatform>, kMost> park_;
  std::array<detail::BasicReservation<ModelPlatform>, kMost> reservations_;
  std::array<detail::WorkerRecord, kMost> records_{};
  std::vector<std::byte> parts_;
  detail::SlotTable<ModelPlatform> slots_;
  detail::HintRing<ModelPlatform> ring_;
  detail::Parking<ModelPlatform> parking_;
  std::array<bool, kMost> began_{};
  bool meets_ = true;
};

// Two workers are awake, two hints are in the ring, and one worker takes both.
class TwoTakenByOne final : public Meeting {
 public:
  TwoTakenByOne() : Meeting(2) {
    constexpr std::uint64_t kLapBit = std::uint64_t{1} << 15;
    for (const std::uint32_t i : {0U, 1U}) {
      is_pending(i);
      cells_[i].poke(Hint(i, tag(i)).bits() | kLapBit);
    }
    ends_.tail.poke(2);
    began_[2] = true;  // there is none
  }

  void start(Scheduler& s) override {
    s.add_actor("client", [this] { close_after_all(); });
    for (const std::uint32_t w : {0U, 1U}) {
      s.add_actor("worker " + std::to_string(w), [this, w] { serve(w); });
    }
  }
};

// Worker 0 runs the first task, and has taken the hint of the second. Worker 1 finds the ring
// empty, and takes the second task from it. Worker 2 sleeps. Meanwhile the third task is published.
class TaskBehindAThief final : public Meeting {
 public:
  // `hint`: there is room for one in the ring.
  explicit TaskBehindAThief(bool hint) : Meeting(3), hint_(hint) {
    began_[0] = true;
    lines_[0].word.poke(SlotWord(SlotStatus::running, 0, tag(0)).bits());
    is_pending(1);
    reservations_[0].hints[0].poke(Hint(1, tag(1)).bits());
    reservations_[0].count.poke(1);
    sleeps_at_first(2);
  }

  void start(Scheduler& s) override {
    s.add_actor("client", [this] {
      // What is asked is what becomes of a wake that comes after this.
      if (slots_.read(1).status() == SlotStatus::pending) return leave_third_out();
      if (!hint_) ring_ = detail::HintRing<ModelPlatform>(&ends_, {});
      publish(2);
      wake_if_needed(3);
      close_after_all();
    });
    s.add_actor("worker 1", [this] { serve(1); });
    s.add_actor("worker 2", [this] { wake_and_serve(2); });
  }

 private:
  void leave_third_out() {
    began_[2] = true;
    Scheduler::instance().wake(&began_, true);
    close_after_all();
  }

  const bool hint_;
};

// Worker 0 ends in order after its first task, and nobody takes its place yet. Worker 1 sleeps. The
// second task is published when the first has been taken in.
class TaskForWhoLeaves final : public Meeting {
 public:
  TaskForWhoLeaves() : Meeting(2) {
    meets_ = false;
    began_[2] = true;  // there is none
    sleeps_at_first(1);
  }

  void start(Scheduler& s) override {
    s.add_actor("client", [this] {
      publish(0);
      wake_if_needed(1);
      while (slots_.unfinished(0, tag(0))) {
        slots_.sleep_while_unfinished(0, tag(0), detail::Deadline::never());
      }
      publish(1);
      wake_if_needed(1);
      close_after_all();
    });
    s.add_actor("worker 0", [this] { serve(0, 1); });
    s.add_actor("worker 1", [this] { wake_and_serve(1); });
  }
};

// Worker 0 is in a task that waits for the next one, and worker 1 sleeps, while the pump ends a
// watch over tiny tasks since it finds nothing to do. Meanwhile the next task is published.
class TaskBesideAWatch final : public Meeting {
 public:
  TaskBesideAWatch() : Meeting(2) {
    began_[0] = true;
    lines_[0].word.poke(SlotWord(SlotStatus::running, 0, tag(0)).bits());
    began_[2] = true;  // there is none
    sleeps_at_first(1);
    sleepers_.watched.poke(1);
  }

  void start(Scheduler& s) override {
    s.add_actor("client", [this] {
      publish(1);
      // As ProcessCore::wake_for() does in a stream.
      parking_.fence_after_publish();
      if (!parking_.watched()) parking_.wake_one();
      close_after_all();
    });
    s.add_actor("pump", [this] {
      if (ring_.size() != 0) {
        parking_.end_watch();
      } else {
        parking_.end_idle_watch();
        if (ring_.size() == 0) return;
      }
      parking_.wake_one();
    });
    s.add_actor("worker 1", [this] { wake_and_serve(1); });
  }
};

// A worker goes from the first item of a chunk to the second, while the client may be about to have
// it killed for the first.
class NextItem final : public Program {
 public:
  void start(Scheduler& s) override {
    const std::size_t worker = s.add_actor("worker", [this] {
      note_.store(1, std::memory_order_release);
      for (std::uint32_t stop = Hold::look(stop_); (stop & detail::kItemsHeld) != 0;
           stop = Hold::look(stop_)) {
        ModelPlatform::wait(stop_, stop, detail::Deadline::never());
      }
      Scheduler::instance().point();
      began_second_ = true;
    });
    s.add_actor("client", [this, worker] {
      if (!Hold::hold(stop_, note_, 0, 2)) return;
      Scheduler::instance().point();  // the signal comes some time later
      killed_ = true;
      Scheduler::instance().kill(worker);
    });
  }
  void crashed(Scheduler&, std::size_t) override {}
  std::uint64_t state() const override {
    return Hash().add(began_second_ ? 1 : 0).add(killed_ ? 1 : 0).value();
  }
  void check() override {
    if (killed_ && began_second_)
      throw ModelFailure("the worker was killed for the first item in the second");
    if (!killed_ && !began_second_) throw ModelFailure("the second item was never begun");
  }

 private:
  using Hold = detail::ItemHold<ModelPlatform>;

  Hold::Word stop_;
  Hold::Word note_;
  bool killed_ = false;
  bool began_second_ = false;
};

template <class P, class... Arguments>
void nobody_waits_in_vain(unsigned preemptions, Arguments... arguments) {
  Scheduler scheduler;
  const Outcome outcome = scheduler.explore([=] { return std::make_unique<P>(arguments...); },
                                            {.preemptions = preemptions, .delays = 1});
  for (const std::string& line : outcome.trace) std::cout << line << '\n';
  EXPECT_EQ(outcome.failure, "");
  EXPECT_TRUE(outcome.complete);
}

TEST(WorkerQueueSteps, WhoFindsTheRingEmptySeesWhoHasTheHints) {
  nobody_waits_in_vain<TwoTakenByOne>(2);
}

TEST(WorkerQueueSteps, AWakeForOtherWorkIsNotLostOnAThief) {
  nobody_waits_in_vain<TaskBehindAThief>(2, true);
}

TEST(WorkerQueueSteps, AWakeForATaskWithoutAHintIsNotLostOnAThief) {
  nobody_waits_in_vain<TaskBehindAThief>(2, false);
}

TEST(WorkerQueueSteps, WhoLeavesWakesAnotherForWhatWasLeftToIt) {
  nobody_waits_in_vain<TaskForWhoLeaves>(2);
}

TEST(WorkerQueueSteps, WhoEndsAWatchSeesWhatWasPublishedWhileItStood) {
  nobody_waits_in_vain<TaskBesideAWatch>(2);
}

TEST(WorkerQueueSteps, NoItemIsBegunByAWorkerThatIsToBeKilledForTheOneBefore) {
  nobody_waits_in_vain<NextItem>(2);
}

}  // namespace
}  // namespace muster::model
