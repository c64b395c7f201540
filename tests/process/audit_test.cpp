// What the client concludes from looking at tasks that wait, with nobody on the other side.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include <gtest/gtest.h>

#include <muster/detail/submit_path.hpp>
#include <muster/muster.hpp>

#include "fuzz/core_probe.hpp"
#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::detail::CoreProbe;
using muster::detail::SlotStatus;
using muster::detail::SlotWord;
using muster::detail::WorkerPhase;

// More than it takes to give a pool up.
constexpr int kManyLooks = 60;

int plus_one(int n) { return n + 1; }

// A pool of one worker, of which all is as told.
class Audit : public testing::Test {
 protected:
  muster::Future<int> submit() {
    return *muster::detail::TravelPath::submit({.threads = nullptr, .travel = &probe.backend()},
                                               nullptr, true, plus_one, 1);
  }
  void worker_is(pid_t pid, WorkerPhase phase) {
    probe.views().facts.worker(0).pid.store(static_cast<std::uint32_t>(pid));
    probe.views().results.window(0).record().phase.store(phase);
  }
  // Sleeps between looks, so that this process comes and goes on its processor.
  void look_often() {
    for (int i = 0; i < kManyLooks; ++i) {
      ::usleep(1000);
      probe.audit();
    }
  }

  // As the worker does, and the future's task is taken in.
  void run_one() {
    auto ends = submit();
    for (auto& line : probe.views().control.slot_lines()) {
      const SlotWord word(line.word.load());
      if (word.status() != SlotStatus::pending) continue;
      const int result = 2;
      line.result.inline_size = sizeof(result);
      std::memcpy(line.result.bytes, &result, sizeof(result));
      line.word.store(SlotWord(SlotStatus::done, 0, word.tag()).bits());
    }
    ASSERT_EQ(ends.result(), 2);
  }

  CoreProbe probe;

  explicit Audit(std::size_t max_tasks_per_child = 0)
      : probe({.max_workers = 1, .max_tasks_per_child = max_tasks_per_child}) {}
};

TEST_F(Audit, GivesThePoolUpWhereAWorkerThatRunsTakesNoTask) {
  auto waits = submit();
  worker_is(::getpid(), WorkerPhase::ready);
  look_often();
  EXPECT_EQ(probe.corrupted(), "tasks wait, and none of the workers takes one");
  // Whether the supervisor answers, or just ends.
  probe.end();
  EXPECT_STREQ(test_support::failure_of<muster::BrokenProcessPool>(waits).what(),
               "the pool was given up because its shared memory was written over: tasks wait, and "
               "none of the workers takes one");
}

TEST_F(Audit, WaitsForAnInitializerHoweverLongItTakes) {
  auto waits = submit();
  worker_is(::getpid(), WorkerPhase::starting);
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

TEST_F(Audit, DoesNotBelieveThatAWorkerStartsWhichHasRunATask) {
  run_one();
  auto waits = submit();
  worker_is(::getpid(), WorkerPhase::starting);
  look_often();
  EXPECT_EQ(probe.corrupted(), "tasks wait, and none of the workers takes one");
  probe.end();
}

class WorkerOnItsWayOut : public Audit, public testing::WithParamInterface<WorkerPhase> {
 protected:
  WorkerOnItsWayOut() : Audit(1) {}
};

INSTANTIATE_TEST_SUITE_P(Audit, WorkerOnItsWayOut,
                         testing::Values(WorkerPhase::ending, WorkerPhase::ended));

TEST_P(WorkerOnItsWayOut, IsWaitedForHoweverLongItsFinalizerTakes) {
  run_one();
  auto waits = submit();
  worker_is(::getpid(), GetParam());
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

TEST_P(WorkerOnItsWayOut, IsNotBelievedBeforeItHasRunAllThatItMay) {
  auto waits = submit();
  worker_is(::getpid(), GetParam());
  look_often();
  EXPECT_EQ(probe.corrupted(), "tasks wait, and none of the workers takes one");
  probe.end();
}

// As where all processors are taken, or it is frozen.
TEST_F(Audit, WaitsForAWorkerThatGetsNoProcessor) {
  int never[2];
  ASSERT_EQ(::pipe(never), 0);
  const pid_t asleep = ::fork();
  if (asleep == 0) {
    char byte;
    ::close(never[1]);
    (void)!::read(never[0], &byte, 1);
    ::_exit(0);
  }
  ::close(never[0]);
  // Until it sleeps.
  while (test_support::stat_fields(asleep).at(0) != "S") ::usleep(1000);
  auto waits = submit();
  worker_is(asleep, WorkerPhase::ready);
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
  ::close(never[1]);
  ::waitpid(asleep, nullptr, 0);
}

// The task's word says that its worker is dead, of which nothing is heard.
class SilentDeath : public Audit {
 protected:
  void kill_worker() {
    worker_is(::getpid(), WorkerPhase::ready);
    for (auto& line : probe.views().control.slot_lines()) {
      const SlotWord word(line.word.load());
      if (word.status() != SlotStatus::pending) continue;
      line.word.store(SlotWord(SlotStatus::died, 0, word.tag()).bits());
    }
  }
};

TEST_F(SilentDeath, GivesThePoolUp) {
  auto future = submit();
  kill_worker();
  look_often();
  EXPECT_NE(probe.corrupted(), "");
}

TEST_F(SilentDeath, IsInOrderWhileTheSupervisorEndsAll) {
  auto future = submit();
  kill_worker();
  probe.views().facts.facts().ends_all.store(1);
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

}  // namespace
