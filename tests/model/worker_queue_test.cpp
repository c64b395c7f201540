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

  void serve(std::uint32_t worker) {
    detail::BasicWorkerQueue<ModelPlatform, Pace> queue(
        {lines_, &ends_, cells_, &sleepers_, std::span(park_).first(workers_),
         std::span(reservations_).first(workers_)},
        detail::TasksView{parts_.data(), {}}, records_[worker], worker, 0, false);
    Hint task;
    while (queue.pop_until(task, detail::Deadline::never()) == detail::PopResult::item) {
      began_[task.slot()] = true;
      Scheduler::instance().wake(&began_, true);
      await_all();
      queue.slots().finish(task.slot(), task.tag(), worker, false);
    }
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
  TaskBehindAThief() : Meeting(3) {
    began_[0] = true;
    lines_[0].word.poke(SlotWord(SlotStatus::running, 0, tag(0)).bits());
    is_pending(1);
    reservations_[0].hints[0].poke(Hint(1, tag(1)).bits());
    reservations_[0].count.poke(1);
    park_[2].state.poke(detail::kParked);
    sleepers_.words[0].poke(std::uint64_t{1} << 2);
  }

  void start(Scheduler& s) override {
    s.add_actor("client", [this] {
      // What is asked is what becomes of a wake that comes after this.
      if (slots_.read(1).status() == SlotStatus::pending) return leave_third_out();
      detail::publish_task(slots_, ring_, 2, tag(2), 0);
      // As ProcessCore::wake_if_needed(), with three tasks in slots.
      parking_.fence_after_publish();
      if (parking_.anyone_sleeps() && 3 > workers_ - parking_.sleeping()) parking_.wake_one();
      close_after_all();
    });
    s.add_actor("worker 1", [this] { serve(1); });
    s.add_actor("worker 2", [this] {
      parking_.sleep(2, detail::Deadline::never());
      parking_.leave(2);
      serve(2);
    });
  }

 private:
  void leave_third_out() {
    began_[2] = true;
    Scheduler::instance().wake(&began_, true);
    close_after_all();
  }
};

template <class P>
void nobody_waits_in_vain() {
  Scheduler scheduler;
  const Outcome outcome =
      scheduler.explore([] { return std::make_unique<P>(); }, {.preemptions = 2});
  for (const std::string& line : outcome.trace) std::cout << line << '\n';
  EXPECT_EQ(outcome.failure, "");
  EXPECT_TRUE(outcome.complete);
}

TEST(WorkerQueueSteps, WhoFindsTheRingEmptySeesWhoHasTheHints) {
  nobody_waits_in_vain<TwoTakenByOne>();
}

TEST(WorkerQueueSteps, AThiefPassesOnAWakeThatWasMeantForOtherWork) {
  nobody_waits_in_vain<TaskBehindAThief>();
}

}  // namespace
}  // namespace muster::model
