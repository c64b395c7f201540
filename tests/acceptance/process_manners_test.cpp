// What is not to be noticed of a pool: printing, exit handlers, standard input, random numbers,
// processor time.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/proc.hpp"
#include "support/program.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::Future;
using muster::ProcessPoolExecutor;
using test_support::Program;

std::map<std::string, int> lines_of(const std::string& text) {
  std::map<std::string, int> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) ++lines[line];
  return lines;
}

TEST(Printing, WhatTasksPrintAppearsOnceAndWhole) {
  const auto end = Program("prints_from_tasks").wait();
  EXPECT_EQ(end.exit_code, 0) << end.err;
  auto lines = lines_of(end.out);
  for (const char* once : {"before, by printf", "before, by cout", "after"}) {
    EXPECT_EQ(lines[once], 1) << once;
    lines.erase(once);
  }
  EXPECT_EQ(lines.size(), 400U);
  for (int i = 0; i < 400; ++i) {
    const std::string line = std::to_string(i) + " " + std::string(3000, 'x');
    EXPECT_EQ(lines[line], 1) << "task " << i;
  }
}

// What the client had not flushed is not printed by workers, however they end.
TEST(Printing, ExitInATaskRunsNoneOfTheClientsHandlers) {
  const auto end = Program("exits_in_task").wait();
  EXPECT_EQ(end.exit_code, 0) << end.err;
  auto lines = lines_of(end.out);
  EXPECT_EQ(lines["not flushed yet"], 1);
  EXPECT_EQ(lines["exited with 3"], 1);
  EXPECT_EQ(lines["printed before exit"], 1);
  EXPECT_EQ(lines["exit handler"], 1);
  EXPECT_EQ(lines["static destructor"], 1);
  EXPECT_EQ(lines.size(), 5U) << end.out;
}

// Behaviour 143.
TEST(StandardInput, MayBeReadInATask) {
  Program program("reads_standard_input");
  program.close_input();
  const auto end = program.wait();
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(end.out, "end of file\n");
}

// One number of each of `count` workers that run at the same time.
std::vector<std::uint64_t> draw(ProcessPoolExecutor& pool, std::size_t count) {
  const test_support::SharedCounter met;
  std::vector<Future<std::uint64_t>> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(pool.submit([met, count] {
      met.add();
      met.wait_at_least(static_cast<std::int64_t>(count));
      return std::uint64_t{muster::random()()};
    }));
  }
  std::vector<std::uint64_t> numbers;
  for (auto& future : all) numbers.push_back(future.result());
  return numbers;
}

TEST(Random, SameSeedGivesTheSameNumbers) {
  muster::seed(7);
  const std::uint64_t first = muster::random()();
  muster::seed(7);
  EXPECT_EQ(muster::random()(), first);
}

TEST(Random, WorkersDoNotShareTheStateThatTheClientSeeded) {
  muster::seed(7);
  muster::random()();
  ProcessPoolExecutor pool({.max_workers = 4});
  std::set<std::uint64_t> numbers;
  for (std::uint64_t number : draw(pool, 4)) numbers.insert(number);
  for (std::uint64_t number : draw(pool, 4)) numbers.insert(number);
  for (int i = 0; i < 100; ++i) numbers.insert(muster::random()());
  EXPECT_EQ(numbers.size(), 108U);
}

TEST(Random, ReplacementsDoNotRepeatTheNumbersOfThoseBefore) {
  muster::seed(7);
  ProcessPoolExecutor pool({.max_workers = 1, .max_tasks_per_child = 1});
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 5; ++i) numbers.insert(draw(pool, 1).at(0));
  EXPECT_EQ(numbers.size(), 5U);
}

TEST(Random, ThreadsHaveStatesOfTheirOwn) {
  muster::seed(7);
  std::uint64_t of_thread = 0;
  std::thread([&] { of_thread = muster::random()(); }).join();
  EXPECT_NE(muster::random()(), of_thread);
}

// Client, supervisor and workers, each with its threads.
TEST(IdlePool, TakesNoProcessorTime) {
  Program program("idle_pool");
  std::istringstream line(program.read_line());
  std::vector<pid_t> pids;
  for (pid_t pid = 0; line >> pid;) pids.push_back(pid);
  ASSERT_EQ(pids.size(), 4U);  // with two workers
  const auto ticks = [&] {
    std::vector<long> all;
    for (pid_t pid : pids) all.push_back(test_support::processor_ticks(pid));
    return all;
  };
  // A tick of ten milliseconds may end just now whoever began it, so one quiet second of several
  // will do: a pool that polls has none.
  bool quiet = false;
  for (int window = 0; window < 5 && !quiet; ++window) {
    const auto before = ticks();
    // The time that passes is what is being looked at.
    std::this_thread::sleep_for(std::chrono::seconds(1));
    quiet = ticks() == before;
  }
  EXPECT_TRUE(quiet);
  EXPECT_EQ(std::count(pids.begin(), pids.end(), program.pid()), 1);
  EXPECT_EQ(program.wait().exit_code, 0);
}

}  // namespace
