// What muster top makes of two looks at a pool.

#include <clocale>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/inspect.hpp>

#include "support/watchdog.hpp"
#include "tools/muster/rates.hpp"
#include "tools/muster/top/pool_header.hpp"
#include "tools/muster/top/pool_model.hpp"
#include "tools/muster/top/task_history.hpp"
#include "tools/muster/top/worker_kill.hpp"
#include "tools/muster/top/worker_page.hpp"
#include "tools/muster/top/worker_row.hpp"

namespace {

using namespace muster_tool::top;
using namespace std::chrono_literals;
using muster::PoolInfo;
using muster::PoolState;
using muster::TaskEvent;
using muster::TaskEventKind;
using muster::WorkerState;
using muster::WorkerStats;

const bool kLocaleIsSet = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;

WorkerStats worker(std::size_t index, pid_t pid) {
  WorkerStats stats;
  stats.index = index;
  stats.pid = pid;
  return stats;
}

PoolInfo pool_of_age(muster::Duration age) {
  PoolInfo pool;
  pool.id = "0123456789abcdef";
  pool.name = "resize";
  pool.client_pid = 100;
  pool.command = "client";
  pool.supervisor_pid = 101;
  pool.state = PoolState::ok;
  pool.age = age;
  pool.workers_alive = 2;
  pool.stats.workers = {worker(0, 102), worker(1, 103)};
  return pool;
}

std::string text_of(const Page& page) { return plain_text(page); }

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(TopModel, KnowsNoRatesAtTheFirstLook) {
  PoolModel model;
  model.add(pool_of_age(1s));
  EXPECT_EQ(model.done_per_second(), std::nullopt);
  EXPECT_EQ(model.workers().at(0).cpu, std::nullopt);
  EXPECT_TRUE(contains(text_of(pool_header(model, {24, 80})), "done/s -"));
}

TEST(TopModel, TellsRatesFromTwoLooks) {
  PoolModel model;
  PoolInfo pool = pool_of_age(1s);
  model.add(pool);
  pool.age = 3s;
  pool.stats.finished = 30;
  pool.stats.failed = 10;
  pool.stats.workers[0].tasks_done = 8;
  pool.stats.workers[0].age = 2s;
  pool.stats.workers[0].cpu_time = 1s;
  // Replaced meanwhile: its processor time is that of another process.
  pool.stats.workers[1].pid = 104;
  pool.stats.workers[1].age = 2s;
  pool.stats.workers[1].cpu_time = 1s;
  model.add(pool);
  EXPECT_EQ(model.done_per_second(), 20);
  EXPECT_EQ(model.failed_per_second(), 5);
  EXPECT_EQ(model.workers()[0].done_per_second, 4);
  EXPECT_EQ(model.workers()[0].cpu, 0.5);
  EXPECT_EQ(model.workers()[1].cpu, std::nullopt);
  EXPECT_EQ(model.throughput().last(9), std::vector<double>{20});
  EXPECT_EQ(model.queue_depth().last(9).size(), 2U);
}

TEST(TopModel, TellsNoRateWithoutTimeAndNoneBelowNothing) {
  PoolInfo before = pool_of_age(1s);
  before.stats.failed = 30;
  PoolInfo now = before;
  EXPECT_EQ(muster_tool::Rates(before, now).failed_per_second(), std::nullopt);
  EXPECT_EQ(muster_tool::Rates(before, now).done_per_second(0), std::nullopt);
  now.age = 2s;
  now.stats.failed = 10;
  EXPECT_EQ(muster_tool::Rates(before, now).failed_per_second(), 0);
  EXPECT_EQ(muster_tool::Rates(before, now).done_per_second(99), std::nullopt);
}

TEST(TopModel, TellsQuantilesOfTheLastIntervalAlone) {
  PoolModel model;
  PoolInfo pool = pool_of_age(1s);
  std::vector<std::uint64_t> counts(20, 0);
  counts[3] = 100;
  pool.stats.run_time = muster::LatencyHistogram(counts, 1000);
  model.add(pool);
  pool.age = 2s;
  model.add(pool);
  EXPECT_FALSE(model.run_time().has_value());  // nothing has ended since
  pool.age = 3s;
  counts[10] = 5;
  pool.stats.run_time = muster::LatencyHistogram(counts, 1000);
  model.add(pool);
  ASSERT_TRUE(model.run_time().has_value());
  EXPECT_GE(model.run_time()->p50, muster::Duration(10us));
  EXPECT_LE(model.run_time()->p50, muster::Duration(11us));
}

TEST(TopModel, SaysLessWhereTheScreenIsSmall) {
  PoolModel model;
  model.add(pool_of_age(1s));
  EXPECT_EQ(pool_header(model, {10, 40}).size(), 2U);
  EXPECT_GT(pool_header(model, {24, 80}).size(), 4U);
  for (const std::size_t width : {40U, 80U, 200U}) {
    for (const Line& line : pool_header(model, {50, width})) EXPECT_LE(line.width(), width);
  }
}

TEST(TopModel, ListsPoolsWithTheirRates) {
  ListModel model;
  PoolInfo pool = pool_of_age(1s);
  model.add({pool});
  EXPECT_EQ(model.rows().at(0).done_per_second, std::nullopt);
  pool.age = 2s;
  pool.stats.finished = 7;
  PoolInfo other = pool_of_age(1s);
  other.id = "fedcba9876543210";
  model.add({other, pool});
  EXPECT_EQ(model.rows().at(0).done_per_second, std::nullopt);
  EXPECT_EQ(model.rows().at(1).done_per_second, 7);
  model.add({});
  EXPECT_TRUE(model.rows().empty());
}

WorkerRow running_row() {
  WorkerRow row;
  row.worker = worker(0, 102);
  row.worker.state = WorkerState::running;
  row.worker.task_id = 7;
  row.worker.task_name = "evil\x1b[2J";
  row.worker.task_attempt = 2;
  row.worker.running_for = 1500ms;
  return row;
}

std::string cell(const WorkerRow& row, std::string_view word) {
  const auto columns = worker_columns();
  return columns[find_column(columns, word).value()].text(row);
}

TEST(TopWorker, ShowsWhatItRuns) {
  WorkerRow row = running_row();
  EXPECT_EQ(cell(row, "task"), "evil?[2J");
  EXPECT_EQ(cell(row, "run-time"), "1.5 s");
  EXPECT_EQ(cell(row, "attempt"), "2");
  EXPECT_EQ(cell(row, "progress"), "");
  row.worker.progress_done = 1;
  row.worker.progress_total = 2;
  EXPECT_EQ(cell(row, "progress"), "\u2588\u2588\u2588\u2588\u2591\u2591\u2591\u2591  50%");
}

TEST(TopWorker, ShowsNoTaskWhereItRunsNone) {
  WorkerRow row = running_row();
  row.worker.state = WorkerState::idle;
  for (const char* word : {"task", "id", "run-time", "attempt"}) EXPECT_EQ(cell(row, word), "-");
  row.worker.pid = 0;
  EXPECT_EQ(cell(row, "pid"), "-");
}

TEST(TopWorker, HasColumnsWhoseWordsDiffer) {
  const auto columns = worker_columns();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    EXPECT_EQ(find_column(columns, columns[i].word), i);
  }
  EXPECT_EQ(find_column(columns, "nonsense"), std::nullopt);
}

TaskEvent event(TaskEventKind kind, std::uint64_t id, muster::Duration took) {
  TaskEvent result;
  result.kind = kind;
  result.task_id = id;
  result.name = "resize";
  result.took = took;
  return result;
}

TEST(TopHistory, KeepsTheLastTasks) {
  TaskHistory history;
  history.add(event(TaskEventKind::started, 5, 3ms));
  history.add(event(TaskEventKind::failed, 5, 4ms));
  history.add(event(TaskEventKind::finished, 8, 1ms));
  ASSERT_EQ(history.entries().size(), 2U);
  EXPECT_EQ(history.entries()[0].id, 8U);
  EXPECT_EQ(history.entries()[0].waited, std::nullopt);  // its start was not told
  EXPECT_EQ(history.entries()[1].id, 5U);
  EXPECT_EQ(history.entries()[1].how, TaskEventKind::failed);
  EXPECT_EQ(history.entries()[1].waited, muster::Duration(3ms));
  EXPECT_EQ(history.entries()[1].took, muster::Duration(4ms));
  EXPECT_TRUE(contains(text_of(history.lines(100)), "failed"));
}

TEST(TopHistory, IsBounded) {
  TaskHistory history;
  for (std::uint64_t id = 1; id <= 1000; ++id) {
    history.add(event(TaskEventKind::finished, id, 1ms));
  }
  EXPECT_LE(history.entries().size(), 100U);
  EXPECT_EQ(history.entries().front().id, 1000U);
}

TEST(TopWorkerPage, SaysHowTheWorkerBeforeItDied) {
  PoolModel model;
  PoolInfo pool = pool_of_age(1s);
  muster::DeathStats death;
  death.death.worker_index = 1;
  death.sentence = "worker 1 (pid 99) was killed by SIGKILL";
  pool.stats.last_deaths = {death};
  model.add(pool);
  EXPECT_TRUE(contains(text_of(worker_page(model, 1, TaskHistory(), 80)), death.sentence));
  EXPECT_FALSE(contains(text_of(worker_page(model, 0, TaskHistory(), 80)), death.sentence));
  EXPECT_TRUE(contains(text_of(worker_page(model, 9, TaskHistory(), 80)), "no worker 9"));
}

TEST(TopKill, NamesWorkerAndTask) {
  const std::string question = WorkerKill(pool_of_age(1s), running_row()).question();
  EXPECT_TRUE(contains(question, "worker 0 (pid 102)")) << question;
  EXPECT_TRUE(contains(question, "\"evil?[2J\" (task 7) for 1.5 s")) << question;
  WorkerRow idle = running_row();
  idle.worker.state = WorkerState::idle;
  EXPECT_TRUE(contains(WorkerKill(pool_of_age(1s), idle).question(), "runs nothing"));
}

TEST(TopKill, SaysWhetherThePoolBreaksByIt) {
  PoolInfo pool = pool_of_age(1s);
  const std::string breaks = WorkerKill(pool, running_row()).question();
  EXPECT_TRUE(contains(breaks, "breaks the pool")) << breaks;
  pool.replaces_workers = true;
  const std::string replaces = WorkerKill(pool, running_row()).question();
  EXPECT_FALSE(contains(replaces, "breaks")) << replaces;
  EXPECT_TRUE(contains(replaces, "replaces it")) << replaces;
}

TEST(TopKill, IsRefusedWhereItWouldDoNothing) {
  PoolInfo pool = pool_of_age(1s);
  EXPECT_EQ(reason_not_to_kill(pool, worker(0, 102)), std::nullopt);
  EXPECT_TRUE(reason_not_to_kill(pool, worker(0, 0)).has_value());
  pool.state = PoolState::broken;
  EXPECT_TRUE(reason_not_to_kill(pool, worker(0, 102)).has_value());
  pool.state = PoolState::ok;
  pool.supervisor_pid = 0;
  EXPECT_TRUE(reason_not_to_kill(pool, worker(0, 102)).has_value());
}

}  // namespace
