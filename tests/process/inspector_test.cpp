// PoolInspector and list_pools(), for pools of this process and of others.

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using namespace std::chrono_literals;
using muster::Future;
using muster::OnWorkerDeath;
using muster::PoolInfo;
using muster::PoolInspector;
using muster::PoolState;
using muster::ProcessPoolExecutor;
using muster::TaskEvent;
using muster::TaskEventKind;
using muster::TaskInfo;
using muster::TaskState;
using test_support::End;
using test_support::SharedGate;

// Of this test alone, whatever runs beside it.
std::string own_name(const std::string& what) {
  return "inspected-" + what + "-" + std::to_string(::getpid());
}

std::vector<TaskEventKind> kinds_of(const std::vector<TaskEvent>& events, std::uint64_t task) {
  std::vector<TaskEventKind> kinds;
  for (const TaskEvent& event : events) {
    if (event.task_id == task) kinds.push_back(event.kind);
  }
  return kinds;
}

TEST(Inspector, FindsAPoolByNameIdAndPid) {
  const std::string name = own_name("found");
  ProcessPoolExecutor pool({.max_workers = 2, .name = name});
  pool.submit([] {}).result();  // until a worker is ready the pool is starting
  const PoolInfo info = PoolInspector(name).look();
  EXPECT_EQ(info.name, name);
  EXPECT_EQ(info.client_pid, ::getpid());
  EXPECT_EQ(info.state, PoolState::ok);
  EXPECT_EQ(info.workers_alive, 2U);
  EXPECT_EQ(info.id.size(), 16U);
  EXPECT_EQ(PoolInspector(info.id).look().id, info.id);
  EXPECT_EQ(PoolInspector(info.id.substr(0, 8)).look().id, info.id);
  EXPECT_EQ(PoolInspector(std::to_string(info.supervisor_pid)).look().id, info.id);
  EXPECT_EQ(PoolInspector(std::to_string(pool.worker_pids().at(1))).look().id, info.id);
}

TEST(Inspector, SaysWhichPoolsWereMeant) {
  ProcessPoolExecutor one({.max_workers = 1, .name = own_name("first")});
  ProcessPoolExecutor two({.max_workers = 1, .name = own_name("second")});
  try {
    PoolInspector both(std::to_string(::getpid()));
    FAIL() << "one of two";
  } catch (const PoolInspector::NotFound& error) {
    EXPECT_NE(std::string(error.what()).find(own_name("first")), std::string::npos);
    EXPECT_NE(std::string(error.what()).find(own_name("second")), std::string::npos);
  }
  EXPECT_THROW(PoolInspector("no pool is called this"), PoolInspector::NotFound);
  EXPECT_THROW(PoolInspector(""), PoolInspector::NotFound);
  EXPECT_THROW(PoolInspector("0"), PoolInspector::NotFound);
  EXPECT_THROW(PoolInspector("-1"), PoolInspector::NotFound);
}

TEST(Inspector, ListsAllPools) {
  ProcessPoolExecutor one({.max_workers = 1, .name = own_name("one")});
  ProcessPoolExecutor two({.max_workers = 1, .name = own_name("two")});
  const muster::PoolList list = muster::list_pools();
  const auto has = [&](const std::string& name) {
    return std::ranges::count(list.pools, name, &PoolInfo::name) == 1;
  };
  EXPECT_TRUE(has(own_name("one")));
  EXPECT_TRUE(has(own_name("two")));
}

TEST(Inspector, SeesTheSameAsThePoolItself) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = own_name("same")});
  for (int i = 0; i < 7; ++i) pool.submit({.name = "work"}, [] {}).result();
  pool.submit({.name = "work"}, [] { throw std::runtime_error("no"); }).exception();
  const muster::PoolStats seen = PoolInspector(own_name("same")).look().stats;
  const muster::PoolStats told = pool.stats();
  EXPECT_EQ(seen.submitted, told.submitted);
  EXPECT_EQ(seen.finished, told.finished);
  EXPECT_EQ(seen.failed, told.failed);
  ASSERT_EQ(seen.tasks.size(), 1U);
  EXPECT_EQ(seen.tasks[0].done, told.tasks[0].done);
  EXPECT_EQ(seen.failures.size(), told.failures.size());
  EXPECT_EQ(seen.run_time.count(), told.run_time.count());
}

TEST(Inspector, TellsTheEventsOfATask) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = own_name("events")});
  PoolInspector inspector(own_name("events"));
  pool.submit({.name = "good"}, [] {}).result();
  pool.submit({.name = "bad"}, [] { throw std::runtime_error("no"); }).exception();
  std::uint64_t lost = 1;
  const std::vector<TaskEvent> events = inspector.events(&lost);
  EXPECT_EQ(lost, 0U);
  ASSERT_EQ(events.size(), 6U);
  const std::uint64_t good = events[0].task_id;
  const std::uint64_t bad = events[3].task_id;
  EXPECT_EQ(kinds_of(events, good), (std::vector{TaskEventKind::submitted, TaskEventKind::started,
                                                 TaskEventKind::finished}));
  EXPECT_EQ(kinds_of(events, bad),
            (std::vector{TaskEventKind::submitted, TaskEventKind::started, TaskEventKind::failed}));
  EXPECT_EQ(events[0].name, "good");
  EXPECT_FALSE(events[0].worker.has_value());
  EXPECT_EQ(events[1].worker, 0U);
  EXPECT_EQ(events[2].sampling, 1U);
  EXPECT_TRUE(std::ranges::is_sorted(events, {}, &TaskEvent::at));
  EXPECT_TRUE(inspector.events().empty());
}

TEST(Inspector, TellsTheEventsOfADeathAndOfWhatRunsAgain) {
  const test_support::SharedCounter runs;
  ProcessPoolExecutor pool(
      {.max_workers = 1, .name = own_name("again"), .on_worker_death = OnWorkerDeath::replace});
  PoolInspector inspector(own_name("again"));
  pool.submit({.name = "again", .retries = 1},
              [runs] {
                if (runs.add() <= 1) test_support::end_worker(End::killed);
              })
      .result();
  const std::vector<TaskEvent> events = inspector.events();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(
      kinds_of(events, events[0].task_id),
      (std::vector{TaskEventKind::submitted, TaskEventKind::started, TaskEventKind::died,
                   TaskEventKind::requeued, TaskEventKind::started, TaskEventKind::finished}));
  EXPECT_EQ(events[2].worker, 0U);
  EXPECT_EQ(events[2].attempt, 1U);
  EXPECT_EQ(events.back().attempt, 2U);
}

TEST(Inspector, TellsOfWhatWasCancelled) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = own_name("cancelled")});
  PoolInspector inspector(own_name("cancelled"));
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto running = pool.submit([gate] { gate.wait(); });
  auto waiting = pool.submit({.name = "never"}, [] {});
  EXPECT_TRUE(waiting.cancel());
  const std::vector<TaskEvent> events = inspector.events();
  const auto cancelled = std::ranges::find(events, TaskEventKind::cancelled, &TaskEvent::kind);
  ASSERT_NE(cancelled, events.end());
  EXPECT_EQ(cancelled->name, "never");
}

TEST(Inspector, ListsTasksThatHaveASlot) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = own_name("tasks")});
  PoolInspector inspector(own_name("tasks"));
  const SharedGate started;
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto running = pool.submit({.name = "runs"}, [started, gate] {
    started.open();
    gate.wait();
  });
  auto waiting = pool.submit({.name = "waits"}, [] {});
  started.wait();
  const std::vector<TaskInfo> tasks = inspector.tasks();
  ASSERT_EQ(tasks.size(), 2U);
  const auto runs = std::ranges::find(tasks, "runs", &TaskInfo::name);
  const auto waits = std::ranges::find(tasks, "waits", &TaskInfo::name);
  ASSERT_NE(runs, tasks.end());
  ASSERT_NE(waits, tasks.end());
  EXPECT_EQ(runs->state, TaskState::running);
  EXPECT_EQ(runs->worker, 0U);
  EXPECT_TRUE(runs->running_for.has_value());
  EXPECT_EQ(waits->state, TaskState::pending);
  EXPECT_TRUE(waits->waited.has_value());
  EXPECT_EQ(waits->attempt, 1U);
}

TEST(Inspector, SaysThatWorkersAreMissing) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = own_name("degraded")});
  PoolInspector inspector(own_name("degraded"));
  const pid_t worker = pool.worker_pids().at(0);
  ::kill(worker, SIGSTOP);
  while (inspector.look().state != PoolState::degraded) ::usleep(1000);
  ::kill(worker, SIGCONT);
  while (inspector.look().state != PoolState::ok) ::usleep(1000);
}

TEST(Inspector, SeesAPoolToItsEndAndBeyond) {
  auto pool = std::make_unique<ProcessPoolExecutor>(
      muster::ProcessPoolOptions{.max_workers = 1, .name = own_name("ends")});
  PoolInspector inspector(own_name("ends"));
  pool->submit([] {}).result();
  EXPECT_TRUE(inspector.alive());
  pool.reset();
  EXPECT_FALSE(inspector.alive());
  const PoolInfo last = inspector.look();
  EXPECT_EQ(last.stats.finished, 1U);
  EXPECT_EQ(last.workers_alive, 0U);
  EXPECT_THROW(PoolInspector(own_name("ends")), PoolInspector::NotFound);
}

TEST(Inspector, SeesABrokenPool) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = own_name("broken")});
  PoolInspector inspector(own_name("broken"));
  pool.submit({.name = "deadly"}, test_support::end_worker, End::killed).exception();
  const PoolInfo info = inspector.look();
  EXPECT_EQ(info.state, PoolState::broken);
  ASSERT_EQ(info.stats.last_deaths.size(), 1U);
  EXPECT_EQ(info.stats.last_deaths[0].death.task_name, "deadly");
  const std::vector<TaskEvent> events = inspector.events();
  EXPECT_EQ(std::ranges::count(events, TaskEventKind::died, &TaskEvent::kind), 1);
}

TEST(Inspector, CountsEventsThatItWasTooLateFor) {
  ProcessPoolExecutor pool({.max_workers = 1,
                            .name = own_name("late"),
                            .telemetry = {.worker_events = 8, .client_events = 8}});
  PoolInspector inspector(own_name("late"));
  EXPECT_TRUE(inspector.events().empty());
  for (int i = 0; i < 50; ++i) pool.submit([] { ::usleep(50); }).result();
  std::uint64_t lost = 0;
  const std::size_t got = inspector.events(&lost).size();
  EXPECT_GT(lost, 0U);
  EXPECT_LE(got, 16U);
}

}  // namespace
