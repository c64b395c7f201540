// Parts of the status tool by themselves: what users write, and what is made of it.

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"
#include "tools/muster/duration_text.hpp"
#include "tools/muster/metric_text.hpp"
#include "tools/muster/task_choice.hpp"
#include "tools/muster/trace_model.hpp"
#include "tools/muster/usage_error.hpp"

namespace {

using namespace std::chrono_literals;
using muster_tool::parse_duration;
using muster_tool::UsageError;

TEST(ToolParts, ReadsDurations) {
  EXPECT_EQ(parse_duration("1.5"), 1500ms);
  EXPECT_EQ(parse_duration("0"), 0s);
  EXPECT_EQ(parse_duration(".5s"), 500ms);
  EXPECT_EQ(parse_duration("40us"), 40us);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("1d"), 24h);
  EXPECT_EQ(parse_duration("36500d"), 36500 * 24h);
}

TEST(ToolParts, RefusesWhatIsNoDuration) {
  for (const char* text :
       {"",    " ",   "s",  "-1",   "+1",    "1 s",    " 1",
        "1s ", "1x",  "1S", "1ms2", "inf",   "nan",    "0x10",
        "1e3", "1,5", ".",  "ms",   "1e999", "40000d", "99999999999999999999999999999999999999d"}) {
    EXPECT_THROW(parse_duration(text), UsageError) << text;
  }
}

muster::TaskInfo task(std::uint64_t id, muster::TaskState state,
                      std::optional<muster::Duration> age) {
  muster::TaskInfo task;
  task.id = id;
  task.name = "task";
  task.state = state;
  (state == muster::TaskState::running ? task.running_for : task.waited) = age;
  return task;
}

TEST(ToolParts, ListsTheOldestTasksFirst) {
  using muster::TaskState;
  const std::vector<muster::TaskInfo> tasks{
      task(5, TaskState::pending, std::nullopt), task(4, TaskState::pending, 2s),
      task(3, TaskState::running, 9s), task(2, TaskState::pending, std::nullopt),
      task(1, TaskState::pending, 2s)};
  const auto all = muster_tool::choose_tasks(tasks, {}, 4);
  std::vector<std::uint64_t> ids;
  for (const auto& chosen : all.tasks) ids.push_back(chosen.id);
  EXPECT_EQ(ids, (std::vector<std::uint64_t>{3, 1, 4, 2}));
  EXPECT_EQ(all.more, 1U);
  muster_tool::TaskFilter old;
  old.older_than = 2s;
  const auto older = muster_tool::choose_tasks(tasks, old, 4);
  EXPECT_EQ(older.tasks.size(), 1U);
  EXPECT_EQ(older.not_timed, 2U);
}

TEST(ToolParts, WritesMetrics) {
  muster_tool::MetricFamily family;
  family.name = "muster_things";
  family.type = muster_tool::MetricFamily::Type::counter;
  family.help = "Things.";
  family.samples.push_back({{{"pool", "a\"b\\c\nd\xff"}}, 3});
  EXPECT_EQ(metric_text({family}, muster_tool::MetricFormat::prometheus),
            "# TYPE muster_things_total counter\n"
            "# HELP muster_things_total Things.\n"
            "muster_things_total{pool=\"a\\\"b\\\\\\\\c\\\\x0ad\\\\xff\"} 3\n"
            "# EOF\n");
  EXPECT_EQ(metric_text({family}, muster_tool::MetricFormat::open_metrics),
            "# TYPE muster_things counter\n"
            "# HELP muster_things Things.\n"
            "muster_things_total{pool=\"a\\\"b\\\\\\\\c\\\\x0ad\\\\xff\"} 3\n"
            "# EOF\n");
  EXPECT_EQ(muster_tool::accepted_format("text/plain"), muster_tool::MetricFormat::prometheus);
  EXPECT_EQ(muster_tool::accepted_format("application/openmetrics-text;version=1.0.0,*/*;q=0.1"),
            muster_tool::MetricFormat::open_metrics);
}

// Events of a pool that was made at the beginning of 1970.
muster::TaskEvent event(muster::TaskEventKind kind, muster::Duration at, std::uint64_t id,
                        std::optional<std::size_t> worker, muster::Duration took = {}) {
  muster::TaskEvent event;
  event.kind = kind;
  event.at = std::chrono::system_clock::time_point(std::chrono::nanoseconds(at));
  event.task_id = id;
  event.name = "task";
  event.worker = worker;
  event.took = took;
  return event;
}

muster::PoolInfo pool_of_two() {
  muster::PoolInfo pool;
  pool.stats.workers.resize(2);
  pool.stats.workers[1].index = 1;
  return pool;
}

TEST(ToolParts, TracesATaskFromSubmitToItsEnd) {
  using Kind = muster::TaskEventKind;
  const auto trace = muster_tool::make_trace(
      {event(Kind::finished, 9us, 1, 0, 6us), event(Kind::started, 3us, 1, 0, 1us),
       event(Kind::submitted, 2us, 1, std::nullopt)},
      pool_of_two(), {0, 20000});
  ASSERT_EQ(trace.slices.size(), 1U);
  EXPECT_EQ(trace.slices[0].begin, 3000);
  EXPECT_EQ(trace.slices[0].end, 9000);
  EXPECT_EQ(trace.slices[0].outcome, "finished");
  ASSERT_EQ(trace.submits.size(), 1U);
  EXPECT_EQ(trace.submits[0].begin, 2000);
}

TEST(ToolParts, TracesWhatItKnowsOnlyTheEndOf) {
  using Kind = muster::TaskEventKind;
  const auto trace =
      muster_tool::make_trace({event(Kind::failed, 9us, 1, 1, 6us)}, pool_of_two(), {0, 20000});
  ASSERT_EQ(trace.slices.size(), 1U);
  EXPECT_EQ(trace.slices[0].begin, 3000);
  EXPECT_EQ(trace.slices[0].outcome, "failed");
  EXPECT_TRUE(trace.submits.empty());
}

TEST(ToolParts, TracesTheTimeThatIsAskedForAlone) {
  using Kind = muster::TaskEventKind;
  const auto trace = muster_tool::make_trace(
      {event(Kind::submitted, 1us, 1, std::nullopt), event(Kind::submitted, 2us, 2, std::nullopt),
       event(Kind::started, 3us, 1, 0, 2us), event(Kind::finished, 4us, 1, 0, 1us),
       event(Kind::started, 5us, 2, 0, 3us), event(Kind::finished, 15us, 2, 0, 10us)},
      pool_of_two(), {10000, 20000});
  ASSERT_EQ(trace.slices.size(), 1U);
  EXPECT_EQ(trace.slices[0].task_id, 2U);
  ASSERT_EQ(trace.submits.size(), 1U);
  EXPECT_EQ(trace.submits[0].task_id, 2U);
}

TEST(ToolParts, TracesWhatWaitedInTheTimeThatIsAskedFor) {
  using Kind = muster::TaskEventKind;
  // The first has ended before, the second and the last wait on, the third is cancelled meanwhile,
  // and of the fourth the end is not known.
  const auto trace = muster_tool::make_trace(
      {event(Kind::submitted, 1us, 1, std::nullopt), event(Kind::submitted, 2us, 2, std::nullopt),
       event(Kind::submitted, 3us, 3, std::nullopt), event(Kind::submitted, 4us, 4, std::nullopt),
       event(Kind::submitted, 5us, 9, std::nullopt), event(Kind::cancelled, 6us, 1, std::nullopt),
       event(Kind::cancelled, 15us, 3, std::nullopt)},
      pool_of_two(), {10000, 20000}, {.with_slot = {2}, .behind_after = 8});
  std::vector<std::uint64_t> ids;
  for (const auto& submit : trace.submits) ids.push_back(submit.task_id);
  EXPECT_EQ(ids, (std::vector<std::uint64_t>{2, 3, 9}));
  EXPECT_EQ(trace.marks.size(), 1U);
}

TEST(ToolParts, TracesNothingBeforeThePoolWasMade) {
  using Kind = muster::TaskEventKind;
  const auto trace = muster_tool::make_trace(
      {event(Kind::started, 3us, 1, 0, 1h), event(Kind::finished, 4us, 2, 1, 1h)}, pool_of_two(),
      {0, 20000});
  for (const auto& slice : trace.slices) EXPECT_GE(slice.begin, 0);
  for (const auto& submit : trace.submits) EXPECT_GE(submit.begin, 0);
}

TEST(ToolParts, TracesNoTwoTasksOfAWorkerAtATime) {
  using Kind = muster::TaskEventKind;
  const auto trace = muster_tool::make_trace(
      {event(Kind::finished, 5us, 1, 0, 4us), event(Kind::finished, 7us, 2, 0, 4us),
       event(Kind::finished, 7us, 3, 0, 0us), event(Kind::finished, 7us, 4, 1, 4us)},
      pool_of_two(), {0, 20000});
  ASSERT_EQ(trace.slices.size(), 4U);
  muster_tool::TraceTime free = 0;
  for (const auto& slice : trace.slices) {
    if (slice.worker != 0) continue;
    EXPECT_GE(slice.begin, free);
    EXPECT_GT(slice.end, slice.begin);
    free = slice.end;
  }
}

TEST(ToolParts, TracesWhatStillRuns) {
  using Kind = muster::TaskEventKind;
  muster::PoolInfo pool = pool_of_two();
  pool.stats.workers[0].state = muster::WorkerState::running;
  pool.stats.workers[0].task_id = 1;
  pool.stats.workers[1].state = muster::WorkerState::running;
  pool.stats.workers[1].task_id = 2;
  pool.stats.workers[1].running_for = 15us;
  const auto trace = muster_tool::make_trace({event(Kind::started, 3us, 1, 0)}, pool, {0, 20000});
  ASSERT_EQ(trace.slices.size(), 2U);
  EXPECT_EQ(trace.slices[0].task_id, 1U);
  EXPECT_EQ(trace.slices[0].end, 20000);
  EXPECT_EQ(trace.slices[1].begin, 5000);
  EXPECT_EQ(trace.slices[1].outcome, "running");
}

}  // namespace
