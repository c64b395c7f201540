// What a worker's life mark leads to: its successor is made before its end is certain.

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/writable_memory.hpp"

namespace {

using muster::ProcessPoolExecutor;
using muster::WorkerDiedError;
using test_support::children_of;
using test_support::failure_of;
using test_support::SharedGate;

// Its main thread is gone, so the mark says that it dies; but it does not yet.
void dies_slowly(SharedGate gate) {
  std::thread([gate] { gate.wait(); }).detach();
  ::syscall(SYS_exit, 0);
}

muster::ProcessPoolOptions replacing() {
  return {.max_workers = 1,
          .on_worker_death = muster::OnWorkerDeath::replace,
          .restart_intensity = {.deaths = 0}};
}

// The successor of a pool's only worker, which is not gone yet.
pid_t await_heir(pid_t worker, pid_t supervisor) {
  std::vector<pid_t> children;
  while (children.size() != 2) children = children_of(supervisor);
  return children[0] == worker ? children[1] : children[0];
}

TEST(EarlyNotice, TheSuccessorIsMadeBeforeTheWorkerHasEnded) {
  ProcessPoolExecutor pool(replacing());
  const pid_t worker = pool.worker_pids().at(0);
  const pid_t supervisor = test_support::parent_of(worker);
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto dying = pool.submit(dies_slowly, gate);

  const pid_t heir = await_heir(worker, supervisor);
  EXPECT_FALSE(dying.done()) << "the worker may still do what it likes";
  EXPECT_EQ(pool.worker_pids(), std::vector<pid_t>{worker});

  gate.open();
  const auto error = failure_of<WorkerDiedError>(dying);
  EXPECT_EQ(error.worker_pid(), worker);
  EXPECT_EQ(pool.submit([] { return ::getpid(); }).result(), heir);
}

TEST(EarlyNotice, TheSuccessorTakesNothingBeforeTheWorkerHasEnded) {
  ProcessPoolExecutor pool(replacing());
  const pid_t worker = pool.worker_pids().at(0);
  const pid_t supervisor = test_support::parent_of(worker);
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto dying = pool.submit(dies_slowly, gate);
  auto next = pool.submit([] { return ::getpid(); });

  const pid_t heir = await_heir(worker, supervisor);
  // One that took tasks would not sleep before it has run this one.
  while (test_support::stat_fields(heir).at(0) != "S") ::usleep(1000);
  EXPECT_FALSE(next.done()) << "its successor has run a task while the worker may still do so";

  gate.open();
  failure_of<WorkerDiedError>(dying);
  EXPECT_EQ(next.result(), heir);
}

TEST(EarlyNotice, ASuccessorThatDiesBeforeItIsNeededIsMadeAgain) {
  ProcessPoolExecutor pool(replacing());
  const pid_t worker = pool.worker_pids().at(0);
  const pid_t supervisor = test_support::parent_of(worker);
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto dying = pool.submit(dies_slowly, gate);
  const pid_t heir = await_heir(worker, supervisor);
  ::kill(heir, SIGKILL);
  test_support::wait_for_end(heir);
  gate.open();

  failure_of<WorkerDiedError>(dying);
  const pid_t now = pool.submit([] { return ::getpid(); }).result();
  EXPECT_NE(now, heir);
  EXPECT_NE(now, worker);
  EXPECT_TRUE(test_support::is_gone(heir));
}

// The message that asks for a kill found no room among others. Nobody waits, who would ask again.
TEST(EarlyNotice, MessagesOfAnyKindHaveTheSupervisorLookForKills) {
  ProcessPoolExecutor pool(replacing());
  const pid_t worker = pool.worker_pids().at(0);
  const SharedGate never;
  auto killed = pool.submit([never] {
    using muster::detail::SlotStatus;
    using muster::detail::SlotWord;
    for (auto& line : test_support::WritableMemory::of_this_worker().control.slot_lines()) {
      const SlotWord word(line.word.load());
      if (word.status() != SlotStatus::running) continue;
      line.word.store(SlotWord(SlotStatus::killing, word.owner(), word.tag()).bits());
    }
    dies_slowly(never);
  });
  test_support::wait_for_end(worker);
  failure_of<WorkerDiedError>(killed);
}

TEST(EarlyNotice, APoolThatEndsTakesItsSuccessorsWithIt) {
  pid_t heir = 0;
  {
    ProcessPoolExecutor pool(replacing());
    const pid_t worker = pool.worker_pids().at(0);
    const pid_t supervisor = test_support::parent_of(worker);
    const SharedGate gate;
    const test_support::OpensAtExit open(gate);
    auto dying = pool.submit(dies_slowly, gate);
    std::vector<pid_t> children;
    while (children.size() != 2) children = children_of(supervisor);
    heir = children[0] == worker ? children[1] : children[0];
    pool.kill_workers();
    EXPECT_THROW(dying.result(), muster::BrokenProcessPool);
  }
  EXPECT_TRUE(test_support::is_gone(heir));
}

}  // namespace
