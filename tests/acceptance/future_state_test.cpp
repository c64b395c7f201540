// What a future says and does in each of its states.

#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/future_states.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using test_support::kStates;
using test_support::kValue;
using test_support::promise_in;
using test_support::State;
using test_support::TestError;

std::string printed(State state) {
  const auto promise = promise_in(state);
  std::ostringstream out;
  out << promise.future();
  return out.str();
}

// Behaviour 9.
TEST(FutureState, IsPrinted) {
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(has(printed(State::pending), "pending")) << printed(State::pending);
  EXPECT_TRUE(has(printed(State::running), "running")) << printed(State::running);
  EXPECT_TRUE(has(printed(State::cancelled), "cancelled")) << printed(State::cancelled);
  const std::string succeeded = printed(State::succeeded);
  EXPECT_TRUE(has(succeeded, "finished") && has(succeeded, "returned") && has(succeeded, "int"))
      << succeeded;
  const std::string failed = printed(State::failed);
  EXPECT_TRUE(has(failed, "finished") && has(failed, "raised") && has(failed, "TestError"))
      << failed;
}

// Behaviour 10.
TEST(FutureState, CancelWorksUntilItRuns) {
  for (const State state : kStates) {
    SCOPED_TRACE(testing::Message() << state);
    const auto promise = promise_in(state);
    auto future = promise.future();
    const bool was_done = future.done();
    if (state == State::pending || state == State::cancelled) {
      EXPECT_TRUE(future.cancel());
      EXPECT_TRUE(future.cancelled());
      EXPECT_TRUE(future.done());
    } else {
      EXPECT_FALSE(future.cancel());
      EXPECT_FALSE(future.cancelled());
      EXPECT_EQ(future.running(), state == State::running);
      EXPECT_EQ(future.done(), was_done);
    }
  }
}

// Behaviours 11, 12 and 13.
TEST(FutureState, CancelledDoneAndRunningTellItsState) {
  for (const State state : kStates) {
    SCOPED_TRACE(testing::Message() << state);
    const auto promise = promise_in(state);
    const auto future = promise.future();
    EXPECT_EQ(future.cancelled(), state == State::cancelled);
    EXPECT_EQ(future.running(), state == State::running);
    EXPECT_EQ(future.done(),
              state == State::cancelled || state == State::failed || state == State::succeeded);
  }
}

// Behaviour 14.
TEST(FutureState, ResultWithinNoTimeGivesWhatIsThere) {
  for (const auto timeout : {0ms, 1ms}) {
    const auto result_in = [timeout](State state) {
      const auto promise = promise_in(state);
      const auto future = promise.future();
      return future.result(timeout);
    };
    EXPECT_THROW(result_in(State::pending), muster::TimeoutError);
    EXPECT_THROW(result_in(State::running), muster::TimeoutError);
    EXPECT_THROW(result_in(State::cancelled), muster::CancelledError);
    EXPECT_THROW(result_in(State::failed), TestError);
    EXPECT_EQ(result_in(State::succeeded), kValue);
  }
}

// Behaviour 14.
TEST(FutureState, ResultMayBeAskedForAgainAfterATimeout) {
  muster::Promise<int> promise;
  const auto future = promise.future();
  EXPECT_THROW(future.result(0s), muster::TimeoutError);
  EXPECT_THROW(future.result(0.001s), muster::TimeoutError);
  promise.set_result(kValue);
  EXPECT_EQ(future.result(0s), kValue);
  EXPECT_EQ(future.result(), kValue);
}

// Behaviour 17.
TEST(FutureState, ExceptionWithinNoTimeGivesWhatIsThere) {
  for (const auto timeout : {0ms, 1ms}) {
    const auto exception_in = [timeout](State state) {
      const auto promise = promise_in(state);
      const auto future = promise.future();
      return future.exception(timeout);
    };
    EXPECT_THROW(exception_in(State::pending), muster::TimeoutError);
    EXPECT_THROW(exception_in(State::running), muster::TimeoutError);
    EXPECT_THROW(exception_in(State::cancelled), muster::CancelledError);
    EXPECT_THROW(std::rethrow_exception(exception_in(State::failed)), TestError);
    EXPECT_EQ(exception_in(State::succeeded), nullptr);
  }
}

// Behaviours 19 and 20.
TEST(FutureState, APromiseIsSetOnceAndKeepsWhatItWasSetTo) {
  auto succeeded = promise_in(State::succeeded);
  EXPECT_THROW(succeeded.set_result(2), muster::InvalidStateError);
  EXPECT_THROW(succeeded.set_exception(std::make_exception_ptr(TestError())),
               muster::InvalidStateError);
  EXPECT_EQ(succeeded.future().result(), kValue);

  auto failed = promise_in(State::failed);
  EXPECT_THROW(failed.set_result(2), muster::InvalidStateError);
  EXPECT_THROW(failed.set_exception(std::make_exception_ptr(std::runtime_error("another"))),
               muster::InvalidStateError);
  EXPECT_THROW(failed.future().result(), TestError);
}

// Behaviour 58: no exception is not an exception.
TEST(FutureState, APromiseRefusesAnExceptionThatIsNone) {
  muster::Promise<int> promise;
  EXPECT_THROW(promise.set_exception(nullptr), muster::InvalidArgumentError);
  EXPECT_FALSE(promise.future().done());
  promise.set_result(kValue);
  EXPECT_EQ(promise.future().result(), kValue);
}

TEST(FutureState, APromiseLearnsThatItsFutureWasCancelled) {
  muster::Promise<int> promise;
  EXPECT_TRUE(promise.future().cancel());
  EXPECT_FALSE(promise.set_running_or_notify_cancel());
  EXPECT_TRUE(promise.future().cancelled());

  muster::Promise<int> wanted;
  EXPECT_TRUE(wanted.set_running_or_notify_cancel());
  EXPECT_TRUE(wanted.future().running());
}

// What a reader sees of a future at one time.
using Seen = std::tuple<bool, bool, bool, std::optional<int>, bool>;

Seen look_at(const muster::Future<int>& future) {
  const bool done = future.done();
  const bool cancelled = future.cancelled();
  std::optional<int> value;
  bool failed = false;
  if (done && !cancelled) {
    // What is done has its outcome: neither may wait or time out.
    failed = future.exception(0s) != nullptr;
    if (!failed) value = future.result(0s);
  }
  return {done, cancelled, future.running(), value, failed};
}

// Behaviour 21.
TEST(FutureState, LooksTheSameToAllThreads) {
  for (const State state : kStates) {
    SCOPED_TRACE(testing::Message() << state);
    const auto promise = promise_in(state);
    const auto future = promise.future();
    const Seen expected = look_at(future);
    std::vector<int> same(4, 0);
    std::vector<std::thread> readers;
    for (int& count : same) {
      readers.emplace_back([&count, &expected, future] {
        for (int i = 0; i < 1000; ++i) count += look_at(future) == expected ? 1 : 0;
      });
    }
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(same, std::vector<int>(4, 1000));
  }
}

// Behaviour 21.
TEST(FutureState, IsNeverSeenHalfChanged) {
  for (int round = 0; round < 100; ++round) {
    muster::Promise<int> promise;
    const auto future = promise.future();
    std::vector<int> bad(3, 0);
    std::vector<std::thread> readers;
    for (int& count : bad) {
      readers.emplace_back([&count, future] {
        while (true) {
          const auto [done, cancelled, running, value, failed] = look_at(future);
          if (!done) {
            std::this_thread::yield();
            continue;
          }
          if (cancelled || running || failed || value != kValue) ++count;
          return;
        }
      });
    }
    promise.set_running_or_notify_cancel();
    promise.set_result(kValue);
    for (std::thread& reader : readers) reader.join();
    ASSERT_EQ(bad, std::vector<int>(3, 0));
  }
}

}  // namespace
