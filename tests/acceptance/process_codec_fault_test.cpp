// What goes wrong while a task's data travels.

#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/faulty.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::BrokenProcessPool;
using muster::EncodingError;
using muster::Future;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using muster::WorkerDiedError;
using test_support::failure_of;
using test_support::Fault;
using test_support::Faulty;

int take(const Faulty&) { return 1; }
Faulty give(Fault when_encoded, Fault when_decoded) { return {when_encoded, when_decoded}; }
int one() { return 1; }

// The error says what the codec threw, and the pool goes on.
template <class T>
void expect_only_this_fails(ProcessPoolExecutor& pool, const Future<T>& future) {
  const std::string what = test_support::describe(future.exception());
  EXPECT_NE(what.find("a codec's fault"), std::string::npos) << what;
  EXPECT_EQ(pool.submit(one).result(), 1);
}

// Behaviour 92.
TEST(CodecFault, ThrowingWhileAnArgumentIsEncodedFailsThatFuture) {
  ProcessPoolExecutor pool({.max_workers = 1});
  expect_only_this_fails(pool, pool.submit(take, Faulty(Fault::throws, Fault::none)));
}

// Behaviour 94.
TEST(CodecFault, ThrowingWhileAnArgumentIsDecodedFailsThatFuture) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  expect_only_this_fails(pool, pool.submit(take, Faulty(Fault::none, Fault::throws)));
  EXPECT_EQ(pool.worker_pids().at(0), worker);
}

// Behaviour 126: never a wait for ever.
TEST(CodecFault, ReadingPastTheEndOfAnArgumentFailsThatFuture) {
  ProcessPoolExecutor pool({.max_workers = 1});
  failure_of<EncodingError>(pool.submit(take, Faulty(Fault::none, Fault::reads_too_much)));
  EXPECT_EQ(pool.submit(one).result(), 1);
}

// Behaviour 101.
TEST(CodecFault, ThrowingWhileAResultIsEncodedFailsThatFuture) {
  ProcessPoolExecutor pool({.max_workers = 1});
  expect_only_this_fails(pool, pool.submit(give, Fault::throws, Fault::none));
}

// Behaviours 102 and 103: an exit cannot be contained, since it is the client's own.
TEST(CodecFault, ThrowingWhileAResultIsDecodedFailsThatFuture) {
  ProcessPoolExecutor pool({.max_workers = 1});
  expect_only_this_fails(pool, pool.submit(give, Fault::none, Fault::throws));
}

// Behaviours 102 and 126.
TEST(CodecFault, ReadingPastTheEndOfAResultFailsThatFuture) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit(give, Fault::none, Fault::reads_too_much);
  failure_of<EncodingError>(future);
  failure_of<EncodingError>(future);  // asking again gives the same
  EXPECT_TRUE(future.done());
  EXPECT_EQ(pool.submit(one).result(), 1);
}

// Behaviours 92, 94, 101 and 102: of a chunk, only that item.
TEST(CodecFault, FailsOnlyItsItemOfAChunk) {
  ProcessPoolExecutor pool({.max_workers = 1});
  std::vector<Faulty> items(6);
  items[1].when_encoded = Fault::throws;
  items[3].when_decoded = Fault::throws;
  auto results = pool.map({.chunksize = 6}, take, items);
  int index = 0;
  for (const auto& outcome : results.outcomes()) {
    EXPECT_EQ(outcome.has_value(), index != 1 && index != 3) << index;
    ++index;
  }
  EXPECT_EQ(index, 6);
}

class DeadlyCodec : public testing::TestWithParam<Fault> {
 protected:
  static void expect_cause(const muster::WorkerDeathError& error) {
    if (GetParam() == Fault::segfaults) {
      EXPECT_EQ(error.term_signal(), SIGSEGV);
    } else {
      EXPECT_EQ(error.exit_code(), 1);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(CodecFault, DeadlyCodec, testing::Values(Fault::segfaults, Fault::exits),
                         [](const auto& suite) {
                           return suite.param == Fault::segfaults ? "Segfaults" : "Exits";
                         });

// Behaviours 93 and 95.
TEST_P(DeadlyCodec, WhileAnArgumentIsDecodedIsAWorkersDeath) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit({.name = "taker"}, take, Faulty(Fault::none, GetParam()));
  const auto error = failure_of<BrokenProcessPool>(future);
  expect_cause(error);
  EXPECT_EQ(error.task_name(), "taker");
}

// Behaviours 99 and 100.
TEST_P(DeadlyCodec, WhileAResultIsEncodedIsAWorkersDeath) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit({.name = "giver"}, give, GetParam(), Fault::none);
  const auto error = failure_of<BrokenProcessPool>(future);
  expect_cause(error);
  EXPECT_EQ(error.task_name(), "giver");
}

// Behaviours 93, 95, 99 and 100.
TEST_P(DeadlyCodec, FailsOnlyThatFutureUnderReplace) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  expect_cause(failure_of<WorkerDiedError>(pool.submit(take, Faulty(Fault::none, GetParam()))));
  expect_cause(failure_of<WorkerDiedError>(pool.submit(give, GetParam(), Fault::none)));
  EXPECT_EQ(pool.submit(one).result(), 1);
}

// Behaviour 98.
TEST(CodecFault, ExceptionOfTheTaskItselfFailsThatFuture) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit([]() -> int { throw std::out_of_range("number 7"); });
  EXPECT_STREQ(failure_of<std::out_of_range>(future).what(), "number 7");
  EXPECT_EQ(pool.submit(one).result(), 1);
}

// Behaviour 104.
TEST(CodecFault, DeathAfterShutdownIsNoDeadlock) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const test_support::SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto future = pool.submit([gate] {
    gate.wait();
    test_support::end_worker(test_support::End::segfault);
  });
  pool.shutdown({.wait = false});
  gate.open();
  failure_of<BrokenProcessPool>(future);
}

// Behaviour 105.
TEST(CodecFault, ThrowingBeforeShutdownWithoutWaitIsNoDeadlock) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit(take, Faulty(Fault::throws, Fault::none));
  pool.shutdown({.wait = false});
  EXPECT_NE(future.exception(), nullptr);
}

}  // namespace
