// Tasks that write over their pool's memory. The pool may break then; nobody may wait for ever.
// tests/prove/ does the same at random.

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/slots/slot_table.hpp"
#include "support/failure.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/thread_state.hpp"
#include "support/watchdog.hpp"
#include "support/writable_memory.hpp"

namespace {

using muster::BrokenProcessPool;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using muster::detail::SlotLine;
using muster::detail::SlotStatus;
using muster::detail::SlotWord;
using test_support::as;
using test_support::failure_of;
using test_support::SharedGate;
using test_support::WritableMemory;

muster::ProcessPoolOptions one_worker() {
  return {.max_workers = 1, .on_worker_death = OnWorkerDeath::replace};
}

SlotLine& first_slot_that_is(const WritableMemory& memory, SlotStatus status) {
  for (SlotLine& line : memory.control.slot_lines()) {
    if (SlotWord(line.word.load()).status() == status) return line;
  }
  throw std::logic_error("there is no such slot");
}

int plus_one(int n) { return n + 1; }

// What a waiting task's word is made to say.
struct Said {
  const char* name;
  int status;
  std::uint32_t owner;
};
std::ostream& operator<<(std::ostream& out, const Said& said) { return out << said.name; }

class WordOfAWaitingTask : public testing::TestWithParam<Said> {};

INSTANTIATE_TEST_SUITE_P(Scribble, WordOfAWaitingTask,
                         testing::Values(Said{"Free", 0, 0}, Said{"WaitsAndIsClaimed", 1, 1},
                                         Said{"RunsOnTheWriter", 2, 0}, Said{"RunsOnNobody", 2, 77},
                                         Said{"Killing", 5, 0}, Said{"Killed", 6, 0},
                                         Said{"Died", 7, 0}, Said{"NoState", 9, 0}),
                         testing::PrintToStringParamName());

TEST_P(WordOfAWaitingTask, ThatIsWrittenOverBreaksThePool) {
  ProcessPoolExecutor pool(one_worker());
  const SharedGate submitted;
  auto writer = pool.submit([submitted, said = GetParam().status, owner = GetParam().owner] {
    submitted.wait();
    const auto memory = WritableMemory::of_this_worker();
    auto& word = first_slot_that_is(memory, SlotStatus::pending).word;
    word.store(SlotWord(static_cast<SlotStatus>(said), owner, SlotWord(word.load()).tag()).bits());
  });
  auto waits = pool.submit(plus_one, 1);
  submitted.open();
  failure_of<BrokenProcessPool>(waits);
}

// A worker that was led to believe that the pool is at its end, and does not come to its own.
TEST(Scribble, WorkerThatEndsThoughNobodyHasToldItToBreaksThePool) {
  auto options = one_worker();
  options.finalizer = [] {
    WritableMemory::of_this_worker().control.header().ends.closed.store(0);
    while (true) std::this_thread::yield();
  };
  ProcessPoolExecutor pool(options);
  const SharedGate submitted;
  auto writer = pool.submit([submitted] {
    submitted.wait();
    auto& ends = WritableMemory::of_this_worker().control.header().ends;
    ends.head.store(ends.tail.load());
    ends.closed.store(1);
  });
  auto waits = pool.submit(plus_one, 1);
  submitted.open();
  failure_of<BrokenProcessPool>(waits);
}

// What is left of a task that has ended is written over before anybody has taken it in.
void write_over_what_is_left(ProcessPoolExecutor& pool, void (*write)(SlotLine&)) {
  const auto write_there = [](void (*how)(SlotLine&)) {
    how(first_slot_that_is(WritableMemory::of_this_worker(), SlotStatus::done));
  };
  pool.submit(write_there, write).result();
}

int forty() { return 40; }

TEST(Scribble, EndOfATaskByAWorkerThatThereIsNotBreaksThePool) {
  ProcessPoolExecutor pool(one_worker());
  auto ended = pool.submit(forty);
  write_over_what_is_left(pool, [](SlotLine& line) {
    line.word.store(SlotWord(SlotStatus::done, 77, SlotWord(line.word.load()).tag()).bits());
  });
  failure_of<BrokenProcessPool>(ended);
}

TEST(Scribble, EndOfAnotherTaskBreaksThePool) {
  ProcessPoolExecutor pool(one_worker());
  auto ended = pool.submit(forty);
  write_over_what_is_left(pool, [](SlotLine& line) {
    const SlotWord word(line.word.load());
    const muster::detail::TaskTag next(word.tag().bits() + 1);
    line.word.store(SlotWord(SlotStatus::done, word.owner(), next).bits());
  });
  failure_of<BrokenProcessPool>(ended);
}

TEST(Scribble, ResultOutsideTheWorkersMemoryFailsThatTaskAlone) {
  ProcessPoolExecutor pool(one_worker());
  auto ended = pool.submit(forty);
  write_over_what_is_left(pool, [](SlotLine& line) {
    line.result.inline_size = muster::detail::ResultPart::kInArena;
    // Below its arena, where the client can read, too.
    line.result.where = {.size = sizeof(int), .offset = ~std::uint64_t{63}, .ran_ticks = 0};
  });
  failure_of<muster::EncodingError>(ended);
  EXPECT_EQ(pool.submit(plus_one, 1).result(), 2);
}

muster::ProcessPoolOptions one_worker_with_checksums() {
  auto options = one_worker();
  options.checksum_results = true;
  return options;
}

// The slots have results of other tasks still.
TEST(ScribbleUnderChecksums, EndOfATaskThatDidNotRunGivesNoOtherTasksResult) {
  constexpr int kTasks = 20;
  ProcessPoolExecutor pool(one_worker_with_checksums());
  std::vector<muster::Future<int>> before;
  const SharedGate go;
  auto first = pool.submit([go] { go.wait(); });
  for (int i = 0; i < kTasks; ++i) before.push_back(pool.submit(plus_one, 1000));
  go.open();
  first.result();
  for (auto& future : before) EXPECT_EQ(future.result(), 1001);

  const SharedGate submitted;
  auto writer = pool.submit([submitted] {
    submitted.wait();
    for (SlotLine& line : WritableMemory::of_this_worker().control.slot_lines()) {
      const SlotWord word(line.word.load());
      if (word.status() != SlotStatus::pending) continue;
      line.word.store(SlotWord(SlotStatus::done, 0, word.tag()).bits());
    }
  });
  std::vector<muster::Future<int>> after;
  for (int i = 0; i < kTasks / 2; ++i) after.push_back(pool.submit(plus_one, i));
  submitted.open();
  writer.result();
  for (auto& future : after) failure_of<muster::EncodingError>(future);
}

// The first of the items has 110, the next one 111, and so on; the fourth one writes over the
// second's result, and ends its worker.
std::uint64_t spoils_another(std::uint64_t n) {
  if (n != 3) return n + 110;
  const auto memory = WritableMemory::of_this_worker();
  const std::uint64_t region = memory.window.record().chunk_region.load();
  auto* words = reinterpret_cast<std::uint64_t*>(memory.window.arena() +
                                                 muster::detail::ChunkRegion::offset(region));
  const std::uint64_t size = muster::detail::ChunkRegion::size(region) / sizeof(*words);
  *std::find(words, words + size, 111) = 666;
  ::_exit(1);
}

class SpoiledItem : public testing::TestWithParam<OnWorkerDeath> {};

INSTANTIATE_TEST_SUITE_P(ScribbleUnderChecksums, SpoiledItem,
                         testing::Values(OnWorkerDeath::break_pool, OnWorkerDeath::replace),
                         [](const auto& suite) {
                           return suite.param == OnWorkerDeath::replace ? "Replace" : "BreakPool";
                         });

TEST_P(SpoiledItem, OfAChunkWhoseWorkerDiedFailsAlone) {
  auto options = one_worker_with_checksums();
  options.on_worker_death = GetParam();
  ProcessPoolExecutor pool(options);
  const std::vector<std::uint64_t> numbers{0, 1, 2, 3, 4, 5};
  std::string seen;
  for (auto&& outcome : pool.map({.chunksize = 6}, spoils_another, numbers).outcomes()) {
    seen += outcome.has_value() ? std::to_string(outcome.value()) + " " : "failed ";
  }
  EXPECT_EQ(seen, GetParam() == OnWorkerDeath::replace ? "110 failed 112 failed 114 115 "
                                                       : "110 failed 112 failed failed failed ");
}

TEST(Scribble, WhoSleepsForATaskIsNotForgotten) {
  ProcessPoolExecutor pool(one_worker());
  const SharedGate asked;
  const SharedGate asleep;
  auto future = pool.submit([asked, asleep] {
    const auto memory = WritableMemory::of_this_worker();
    auto& attention = first_slot_that_is(memory, SlotStatus::running).attention;
    while ((attention.load() & muster::detail::kAttentionWaiter) == 0) ::usleep(1000);
    asked.open();
    asleep.wait();
    attention.fetch_and(~muster::detail::kAttentionBits);
    return 7;
  });
  // Once it has asked, the task's end is all that it sleeps for.
  std::thread watcher([asked, asleep, sleeper = test_support::current_thread_id()] {
    asked.wait();
    test_support::wait_until_asleep(sleeper);
    asleep.open();
  });
  EXPECT_EQ(future.result(), 7);
  watcher.join();
}

TEST(Scribble, CallbackOfATaskWhosePumpWasForgottenIsCalled) {
  ProcessPoolExecutor pool(one_worker());
  const SharedGate told;
  auto future = pool.submit([told] {
    told.wait();
    const auto memory = WritableMemory::of_this_worker();
    first_slot_that_is(memory, SlotStatus::running)
        .attention.fetch_and(~muster::detail::kAttentionBits);
    return 7;
  });
  const auto called = std::make_shared<muster::Promise<int>>();
  future.add_done_callback(
      [called](const muster::Future<int>& done) { called->set_result(done.result()); });
  told.open();
  EXPECT_EQ(called->future().result(), 7);
}

TEST(Scribble, TasksWhoseHintsAreLostAreRun) {
  ProcessPoolExecutor pool(one_worker());
  const SharedGate submitted;
  pool.submit([submitted] {
    submitted.wait();
    auto& ends = WritableMemory::of_this_worker().control.header().ends;
    ends.head.store(ends.tail.load());
  });
  auto first = pool.submit(plus_one, 1);
  auto second = pool.submit(plus_one, 2);
  submitted.open();
  EXPECT_EQ(first.result(), 2);
  EXPECT_EQ(second.result(), 3);
}

// A worker whose task's word says that the task has ended cannot end it, and is not waited for.
TEST(Scribble, WorkerWhoseWordIsGoneIsReplaced) {
  ProcessPoolExecutor pool(one_worker());
  const pid_t worker = pool.worker_pids().at(0);
  auto writer = pool.submit([] {
    const auto memory = WritableMemory::of_this_worker();
    SlotLine& line = first_slot_that_is(memory, SlotStatus::running);
    line.result.inline_size = sizeof(int);
    const SlotWord word(line.word.load());
    line.word.store(SlotWord(SlotStatus::done, word.owner(), word.tag()).bits());
    return 7;
  });
  (void)writer.exception();
  EXPECT_EQ(pool.submit(plus_one, 1).result(), 2);
  EXPECT_NE(pool.worker_pids().at(0), worker);
}

TEST(Scribble, WorkerGoesOnAfterItsCountOfReturnsIsGone) {
  ProcessPoolExecutor pool(one_worker());
  const auto large = [] { return std::vector<char>(100'000, 'r'); };
  EXPECT_EQ(pool.submit(large).result().size(), 100'000U);
  pool.submit([] {
    const auto memory = WritableMemory::of_this_worker();
    memory.window.record().returned.store(std::uint64_t{1} << 63);
  });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(pool.submit(large).result().size(), 100'000U);
}

// A task whose word says that it has ended, and that runs on: no limit holds for it any more.
TEST(Scribble, PoolEndsThoughAWorkerDoesNotLeave) {
  ProcessPoolExecutor pool(one_worker());
  auto writer = pool.submit([] {
    const auto memory = WritableMemory::of_this_worker();
    SlotLine& line = first_slot_that_is(memory, SlotStatus::running);
    line.result.inline_size = sizeof(int);
    const SlotWord word(line.word.load());
    line.word.store(SlotWord(SlotStatus::done, word.owner(), word.tag()).bits());
    for (volatile bool run_on = true; run_on;) {
    }
    return 7;
  });
  (void)writer.exception();
  pool.shutdown();
}

// In the arena of this worker the tree of free blocks becomes a circle: whoever looks for one there
// never ends. True: there was a tree.
bool make_a_circle_of_free_blocks() {
  constexpr std::ptrdiff_t kHead = 256;  // the allocator's own words; the tree's nodes lie behind
  std::byte* const arena = WritableMemory::of_this_worker().window.arena();
  bool found = false;
  for (std::ptrdiff_t at = 0; at < kHead; at += 8) {
    std::int64_t offset = 0;
    std::memcpy(&offset, arena + at, sizeof(offset));
    const std::ptrdiff_t node = at + (offset & ~std::int64_t{3});
    if (offset == 1 || node < kHead || node > (1 << 20) || node % 16 != 0) continue;
    const std::int64_t children[] = {-8, -16};  // the node itself, from where each stands
    std::memcpy(arena + node + 8, children, sizeof(children));
    found = true;
  }
  return found;
}

class ScribbledArena : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Scribble, ScribbledArena, testing::Bool(), [](const auto& suite) {
  return suite.param ? "WithAFinalizer" : "WithoutAFinalizer";
});

TEST_P(ScribbledArena, KeepsNobodyWaitingWhereItsWorkerIsReplaced) {
  auto options = one_worker();
  options.max_tasks_per_child = 2;
  if (GetParam()) options.finalizer = [] {};
  ProcessPoolExecutor pool(options);
  EXPECT_EQ(pool.submit([] { return std::string(1000, 'x'); }).result().size(), 1000U);
  EXPECT_TRUE(pool.submit(make_a_circle_of_free_blocks).result());
  EXPECT_EQ(pool.submit(plus_one, 1).result(), 2);
}

TEST(Scribble, TimeLimitHoldsWithoutTheWorkersNotes) {
  ProcessPoolExecutor pool(one_worker());
  auto future = pool.submit({.task_timeout = std::chrono::milliseconds(100)}, [] {
    auto& record = WritableMemory::of_this_worker().window.record();
    record.current.store(0);
    record.started_ticks.store(std::numeric_limits<std::uint64_t>::max());
    ::pause();
  });
  failure_of<muster::TaskTimeoutError>(future);
}

TEST(Scribble, QueueThatIsClosedWhileNothingIsInItBreaksThePool) {
  ProcessPoolExecutor pool(one_worker());
  pool.submit([] { WritableMemory::of_this_worker().control.header().ends.closed.store(1); });
  std::exception_ptr error;
  while (!error) error = test_support::error_of_task(pool, [] { return 1; });
  as<BrokenProcessPool>(error);
}

}  // namespace
