// What is read of the workers' telemetry, where the test has written it.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "fuzz/core_probe.hpp"
#include "lib/inspect/metric_reader.hpp"
#include "support/watchdog.hpp"
#include "worker/task_telemetry.hpp"

namespace {

using muster::FailureStats;
using muster::detail::CoreProbe;
using muster::detail::FailureTelemetry;
using muster::detail::Hint;
using muster::detail::kFailures;
using muster::detail::kNameMetrics;
using muster::detail::read_metrics;
using muster::detail::TaskPart;
using muster::detail::TaskTag;
using muster::detail::TaskTelemetry;
using muster::detail::WindowView;

constexpr std::uint8_t kLoad = 1;  // 0 is that of names for which there is no room
constexpr std::uint8_t kParse = 2;

void name_tasks(const CoreProbe& probe) {
  const auto& tasks = probe.views().tasks;
  for (const char* name : {"load", "parse"}) {
    std::strcpy(tasks.name(tasks.header().names.load()), name);  // NOLINT: it has room
    ++tasks.header().names;
  }
}

class ToldFailures : public testing::Test {
 protected:
  static constexpr std::uint32_t kWorkers = 3;

  ToldFailures() : probe_({.max_workers = kWorkers}) { name_tasks(probe_); }

  void tell(std::uint32_t worker, std::uint8_t name, const std::string& text, std::uint64_t count) {
    const WindowView window = probe_.views().results.window(worker);
    window.record().tasks_done.store(1);
    auto& head = window.telemetry().head();
    FailureTelemetry& failure = head.failure_texts[told_[worker]++];
    failure.name = name;
    std::memcpy(failure.text, text.data(), std::min(text.size(), FailureTelemetry::kText));
    failure.count.store(count);
    head.failures.store(head.failures.load() + count);
  }

  std::vector<std::string> read() const {
    std::vector<std::string> lines;
    for (const FailureStats& failure : probe_.stats().failures) {
      lines.push_back(std::to_string(failure.count) + " x " + failure.task_name + ": " +
                      failure.message);
    }
    return lines;
  }

  CoreProbe probe_;
  std::size_t told_[kWorkers] = {};
};

TEST_F(ToldFailures, OfAllWorkersAreAddedUpByNameAndMessage) {
  tell(0, kLoad, "no such file", 1);
  tell(0, kParse, "no such file", 10);
  tell(1, kLoad, "no memory", 3);
  tell(1, kLoad, "no such file", 4);
  tell(2, kParse, "no such file", 20);
  EXPECT_EQ(read(), (std::vector<std::string>{"30 x parse: no such file", "5 x load: no such file",
                                              "3 x load: no memory"}));
}

TEST_F(ToldFailures, ThatFillTheMemoryOfAllWorkersStayApart) {
  std::vector<std::string> expected;
  for (std::uint32_t worker = 0; worker < kWorkers; ++worker) {
    for (std::size_t i = 0; i < kFailures; ++i) {
      const std::string text = std::to_string(worker) + " and " + std::to_string(i);
      tell(worker, kLoad, text, 1);
      expected.push_back("1 x load: " + text);
    }
  }
  EXPECT_EQ(read(), expected);
}

TEST_F(ToldFailures, WhoseTextHasNoEndAreCut) {
  tell(0, kLoad, std::string(FailureTelemetry::kText, 'x'), 1);
  tell(1, kLoad, std::string(FailureTelemetry::kText, 'x'), 1);
  EXPECT_EQ(read(),
            std::vector<std::string>{"2 x load: " + std::string(FailureTelemetry::kText, 'x')});
}

// What a metric is called a counter for.
TEST(ToldTasks, ThatAreTakenBackAreCountedAndNotTakenFromACount) {
  const CoreProbe probe({.max_workers = 1});
  name_tasks(probe);
  const WindowView window = probe.views().results.window(0);
  window.record().tasks_done.store(1);
  TaskTelemetry telemetry(probe.views().tasks, window, 0, -1);
  TaskPart part{};
  part.name = kLoad;
  const auto run = [&](std::uint64_t id) {
    const Hint task(0, TaskTag::first_attempt(id));
    telemetry.begin(task, part, false);
    telemetry.end(task, false);
  };
  const auto counted = [&] {
    std::vector<std::uint64_t> values = read_metrics(probe.views()).names.at(0).values;
    values.resize(2);
    return values;
  };
  // Read in this order: who is taken back has been counted as done before.
  ASSERT_EQ(kNameMetrics[0].name, "name_tasks_taken_back");
  ASSERT_EQ(kNameMetrics[1].name, "name_tasks_done");
  run(1);
  run(2);
  EXPECT_EQ(counted(), (std::vector<std::uint64_t>{0, 2}));
  EXPECT_EQ(probe.stats().tasks.at(0).done, 2U);
  telemetry.take_back();
  EXPECT_EQ(counted(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(probe.stats().tasks.at(0).done, 1U);
}

TEST(ToldTasks, ThatCannotHaveBeenTakenBackAreNone) {
  const CoreProbe probe({.max_workers = 1});
  name_tasks(probe);
  const WindowView window = probe.views().results.window(0);
  window.record().tasks_done.store(1);
  auto& load = window.telemetry().head().names[kLoad];
  load.done.store(3);
  load.failures.store(1);
  load.taken_back.store(4);
  EXPECT_EQ(probe.stats().tasks.at(0).done, 0U);
}

}  // namespace
