// What the client concludes from looking at tasks that wait, with nobody on the other side.

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>

#include <muster/detail/submit_path.hpp>
#include <muster/muster.hpp>

#include "fuzz/core_probe.hpp"
#include "lib/client/process_signs.hpp"
#include "support/failure.hpp"
#include "support/no_descriptors.hpp"
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

  Audit() : Audit(muster::ProcessPoolOptions{}) {}
  explicit Audit(muster::ProcessPoolOptions options)
      : probe([&] {
          options.max_workers = 1;
          return options;
        }()) {}
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

TEST_F(Audit, CountsFromWhenTheWorkerCouldHaveTakenATask) {
  auto waits = submit();
  worker_is(::getpid(), WorkerPhase::starting);
  look_often();
  worker_is(::getpid(), WorkerPhase::ready);
  ::usleep(1000);
  probe.audit();
  EXPECT_EQ(probe.corrupted(), "");
  look_often();
  EXPECT_EQ(probe.corrupted(), "tasks wait, and none of the workers takes one");
  probe.end();
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
  WorkerOnItsWayOut() : Audit({.max_tasks_per_child = 1}) {}
};

INSTANTIATE_TEST_SUITE_P(Audit, WorkerOnItsWayOut,
                         testing::Values(WorkerPhase::ending, WorkerPhase::destroying,
                                         WorkerPhase::ended));

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

// A process that has no processor, as where all are taken or it is frozen, until it is told to end.
class Starved {
 public:
  Starved() {
    int ends[2];
    if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      char byte;
      ::close(ends[1]);
      // So much that the end takes the kernel some time.
      const std::vector<char> large(std::size_t{64} << 20, 'x');
      while (::read(ends[0], &byte, 1) == 1) {
      }
      ::_exit(0);
    }
    ::close(ends[0]);
    end_ = ends[1];
    while (state() != "S") ::usleep(1000);
  }
  ~Starved() {
    ::close(end_);
    ::waitpid(pid_, nullptr, 0);
  }
  Starved(const Starved&) = delete;
  Starved& operator=(const Starved&) = delete;

  pid_t pid() const { return pid_; }
  std::string state() const { return test_support::stat_fields(pid_).at(0); }
  void give_a_turn() const {
    const auto before = muster::detail::signs_of(pid_).on_cpu;
    ASSERT_EQ(::write(end_, "x", 1), 1);
    while (muster::detail::signs_of(pid_).on_cpu == before || state() != "S") ::usleep(1000);
  }
  // And is not reaped.
  void kill() const {
    ::kill(pid_, SIGKILL);
    while (state() != "Z") ::usleep(1000);
  }

 private:
  pid_t pid_ = 0;
  int end_ = -1;
};

// The pool is to end, and nothing is left to be done.
class Leaving : public Audit, public testing::WithParamInterface<WorkerPhase> {
 protected:
  using Audit::Audit;
  void SetUp() override {
    run_one();
    probe.close(false);
  }
  std::string accusation(pid_t pid) const {
    return "the worker with pid " + std::to_string(pid) +
           " was told to leave, runs no task and does not leave";
  }
};

INSTANTIATE_TEST_SUITE_P(Audit, Leaving,
                         testing::Values(WorkerPhase::starting, WorkerPhase::ready,
                                         WorkerPhase::ending, WorkerPhase::ended));

TEST_P(Leaving, WorkerThatRunsOnGivesThePoolUp) {
  worker_is(::getpid(), GetParam());
  look_often();
  EXPECT_EQ(probe.corrupted(), accusation(::getpid()));
}

TEST_P(Leaving, WorkerThatHasLeftIsNotAccused) {
  worker_is(0, GetParam());
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

TEST_P(Leaving, WorkerThatGetsNoProcessorIsNotAccusedAtItsFirstTurn) {
  const Starved worker;
  worker_is(worker.pid(), GetParam());
  look_often();
  worker.give_a_turn();
  probe.audit();
  EXPECT_EQ(probe.corrupted(), "");
}

TEST_F(Audit, CountsFromWhenTheWorkersWereToldToLeave) {
  const Starved worker;
  run_one();
  worker_is(worker.pid(), WorkerPhase::ready);
  auto waits = submit();
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
  probe.close(true);
  for (int i = 0; i < 20; ++i) {
    worker.give_a_turn();
    probe.audit();
  }
  EXPECT_EQ(probe.corrupted(), "");
}

class LeavingWithObjects : public Leaving {};

INSTANTIATE_TEST_SUITE_P(Audit, LeavingWithObjects, testing::Values(WorkerPhase::destroying));

TEST_P(LeavingWithObjects, WorkerIsWaitedForHoweverLongTheyTake) {
  worker_is(::getpid(), GetParam());
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

class LeavingWithCodeOfItsOwn : public Leaving {
 protected:
  LeavingWithCodeOfItsOwn() : Leaving({.initializer = [] {}, .finalizer = [] {}}) {}
};

INSTANTIATE_TEST_SUITE_P(Audit, LeavingWithCodeOfItsOwn,
                         testing::Values(WorkerPhase::ending, WorkerPhase::ended));

TEST_P(LeavingWithCodeOfItsOwn, WorkerIsWaitedForHoweverLongItsFinalizerTakes) {
  worker_is(::getpid(), GetParam());
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

TEST_P(LeavingWithCodeOfItsOwn, IsNoExcuseForWhoHasNotBegunToLeave) {
  worker_is(::getpid(), WorkerPhase::ready);
  look_often();
  EXPECT_EQ(probe.corrupted(), accusation(::getpid()));
}

TEST_F(Audit, WaitsForAWorkerThatGetsNoProcessor) {
  const Starved worker;
  auto waits = submit();
  worker_is(worker.pid(), WorkerPhase::ready);
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

TEST_F(Audit, WaitsForAWorkerWhoseEndTakesLong) {
  const Starved worker;
  auto waits = submit();
  worker_is(worker.pid(), WorkerPhase::ready);
  for (int i = 0; i < 4; ++i) probe.audit();
  worker.kill();  // the kernel's work for it counts as its own
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

TEST_F(Audit, AccusesNobodyWhomItCannotLookAt) {
  const Starved worker;
  auto waits = submit();
  worker_is(worker.pid(), WorkerPhase::ready);
  {
    const test_support::NoDescriptors none;
    look_often();
    EXPECT_EQ(probe.corrupted(), "");
    worker_is(::getpid(), WorkerPhase::ready);
    look_often();
    EXPECT_EQ(probe.corrupted(), "");
  }
  look_often();
  EXPECT_NE(probe.corrupted(), "");
}

// A task's word says that its worker runs it, and the worker has not said so.
class Claimed : public Audit {
 protected:
  // All of them; the last one.
  muster::detail::Hint claim() {
    muster::detail::Hint last(0);
    std::uint32_t slot = 0;
    for (auto& line : probe.views().control.slot_lines()) {
      const SlotWord word(line.word.load());
      if (word.status() == SlotStatus::pending) {
        line.word.store(SlotWord(SlotStatus::running, 0, word.tag()).bits());
        last = muster::detail::Hint(slot, word.tag());
      }
      ++slot;
    }
    return last;
  }
};

TEST_F(Claimed, TaskOfAWorkerThatRunsOnGivesThePoolUp) {
  auto future = submit();
  worker_is(::getpid(), WorkerPhase::ready);
  claim();
  look_often();
  EXPECT_TRUE(probe.corrupted().ends_with(
      " says that worker 0 runs its task, and that worker says that it does not"))
      << probe.corrupted();
}

TEST_F(Claimed, TaskOfAWorkerThatGetsNoProcessorIsWaitedFor) {
  const Starved worker;
  auto future = submit();
  worker_is(worker.pid(), WorkerPhase::ready);
  claim();
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

TEST_F(Claimed, TaskOfAWorkerThatEndsIsWaitedFor) {
  const Starved worker;
  auto future = submit();
  worker_is(worker.pid(), WorkerPhase::ready);
  claim();
  probe.audit();
  worker.kill();
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

TEST_F(Claimed, TaskOfAWorkerThatRunsAnotherGivesThePoolUp) {
  const Starved worker;
  auto future = submit();
  auto other = submit();
  worker_is(worker.pid(), WorkerPhase::ready);
  probe.views().results.window(0).record().current.store(claim().bits() + 1);
  look_often();
  EXPECT_NE(probe.corrupted(), "");
}

TEST_F(Claimed, TaskOfAWorkerThatHasNotBegunToTakeAnyGivesThePoolUp) {
  const Starved worker;
  auto future = submit();
  worker_is(worker.pid(), WorkerPhase::starting);
  claim();
  look_often();
  EXPECT_NE(probe.corrupted(), "");
}

TEST_F(Claimed, TaskOfAWorkerThatIsGoneGivesThePoolUp) {
  auto future = submit();
  worker_is(0, WorkerPhase::ready);
  claim();
  look_often();
  EXPECT_NE(probe.corrupted(), "");
}

TEST(ProcessSigns, TellThatAProcessEnds) {
  using muster::detail::life_in;
  using muster::detail::ProcessLife;
  const auto stat = [](const std::string& state, unsigned flags) {
    return "7 (a ) b) " + state + " 1 7 7 0 -1 " + std::to_string(flags) + " 5 0\n";
  };
  EXPECT_EQ(life_in(stat("S", 0x400040), "Name:\tx\nCoreDumping:\t0\n"), ProcessLife::lives);
  EXPECT_EQ(life_in(stat("T", 0x400040), ""), ProcessLife::stopped);
  EXPECT_EQ(life_in(stat("t", 0x400040), ""), ProcessLife::stopped);
  EXPECT_EQ(life_in(stat("Z", 0x400040), ""), ProcessLife::ends);
  EXPECT_EQ(life_in(stat("R", 0x400044), ""), ProcessLife::ends);
  EXPECT_EQ(life_in(stat("D", 0x400040), "Name:\tx\nCoreDumping:\t1\n"), ProcessLife::ends);
  EXPECT_EQ(life_in("", ""), ProcessLife::unknown);
  EXPECT_EQ(life_in("7 (a) ", ""), ProcessLife::unknown);
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

TEST_F(SilentDeath, IsInOrderWhileTheSupervisorGetsNoProcessor) {
  const Starved supervisor;
  probe.supervisor_is(supervisor.pid());
  auto future = submit();
  kill_worker();
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

TEST_F(SilentDeath, IsInOrderWhileTheSupervisorEndsAll) {
  auto future = submit();
  kill_worker();
  probe.views().facts.facts().ends_all.store(1);
  look_often();
  EXPECT_EQ(probe.corrupted(), "");
}

}  // namespace
