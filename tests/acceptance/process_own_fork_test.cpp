// A pool after the user's own fork, and in its own workers.

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/init.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::InvalidStateError;
using muster::ProcessPoolExecutor;

// What `inside` returns in a forked child, which has the test's watchdog.
int in_forked_child(const std::function<int()>& inside) {
  const pid_t child = ::fork();
  if (child == 0) {
    test_support::Watchdog::progress();
    int code = 99;
    try {
      code = inside();
    } catch (...) {
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

template <class F>
bool throws_invalid_state(F call) {
  try {
    call();
  } catch (const InvalidStateError&) {
    return true;
  } catch (...) {
  }
  return false;
}

TEST(OwnFork, PoolThrowsInTheChild) {
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
  const auto uses = std::vector<std::function<void()>>{
      [&] { pool.submit([] { return 1; }); },
      [&] { pool.try_submit([] { return 1; }); },
      [&] {
        static_cast<void>(pool.map([](int n) { return n; }, std::vector<int>{1, 2}));
      },
  };
  for (std::size_t i = 0; i < uses.size(); ++i) {
    EXPECT_EQ(in_forked_child([&] { return throws_invalid_state(uses[i]) ? 0 : 1; }), 0) << i;
  }
  EXPECT_EQ(pool.submit([] { return 2; }).result(), 2);
}

TEST(OwnFork, StoppingThePoolInTheChildLeavesTheParentsAlone) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  const auto stops = std::vector<std::function<void()>>{
      [&] { pool.shutdown(); },
      [&] { pool.terminate_workers(); },
      [&] { pool.kill_workers(); },
  };
  for (const auto& stop : stops) {
    in_forked_child([&] {
      throws_invalid_state(stop);
      return 0;
    });
    EXPECT_EQ(pool.submit([] { return ::getpid(); }).result(), worker);
  }
}

TEST(OwnFork, DestructionInTheChildIsInert) {
  std::optional<ProcessPoolExecutor> pool(muster::ProcessPoolOptions{.max_workers = 2});
  const test_support::SharedGate started;
  const test_support::SharedGate gate;
  auto running = pool->submit([started, gate] {
    started.open();
    gate.wait();
    return 1;
  });
  started.wait();
  EXPECT_EQ(in_forked_child([&] {
              pool.reset();
              return 0;
            }),
            0);
  EXPECT_FALSE(running.done());
  gate.open();
  EXPECT_EQ(running.result(), 1);
  EXPECT_EQ(pool->submit([] { return 2; }).result(), 2);
}

TEST(OwnFork, FuturesOfThePoolMayBeDroppedInTheChild) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const test_support::SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto done = pool.submit([] { return 3; });
  EXPECT_EQ(done.result(), 3);
  std::optional running = pool.submit([gate] {
    gate.wait();
    return 1;
  });
  EXPECT_EQ(in_forked_child([&] {
              running.reset();
              return done.result() == 3 ? 0 : 1;
            }),
            0);
  gate.open();
  EXPECT_EQ(running->result(), 1);
}

TEST(OwnFork, NewPoolInTheChildWorks) {
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(in_forked_child([&] {
              test_support::init_as_told();
              ProcessPoolExecutor own({.max_workers = 2});
              return own.submit([] { return 41; }).result() == 41 ? 0 : 1;
            }),
            0);
  EXPECT_EQ(pool.submit([] { return 2; }).result(), 2);
}

TEST(OwnFork, ThreadPoolThrowsInTheChild) {
  const test_support::SharedGate gate;
  muster::ThreadPoolExecutor pool({.max_workers = 1});
  const test_support::OpensAtExit release(gate);
  // Its thread is in no allocator then (forked_child_test.cpp).
  const test_support::SharedGate begun;
  auto running = pool.submit([gate, begun] {
    begun.open();
    gate.wait();
  });
  begun.wait();
  EXPECT_EQ(in_forked_child([&] {
              return throws_invalid_state([&] { pool.submit([] { return 1; }); }) ? 0 : 1;
            }),
            0);
  gate.open();
  running.result();
  EXPECT_EQ(pool.submit([] { return 2; }).result(), 2);
}

// A pool with a place of its own, as a global one has: known before the workers are forked.
ProcessPoolExecutor* the_pool = nullptr;

struct Placed {
  explicit Placed(muster::ProcessPoolOptions options)
      : pool((the_pool = &pool, std::move(options))) {}
  ~Placed() { the_pool = nullptr; }
  ProcessPoolExecutor pool;
};

// It would wait for itself.
TEST(OwnWorker, UsingThePoolInItsOwnWorkerThrows) {
  MUSTER_NEEDS_FORK("the client's pool");
  Placed placed({.max_workers = 1});
  auto submits = placed.pool.submit(
      [] { return throws_invalid_state([] { the_pool->submit([] { return 1; }); }); });
  EXPECT_TRUE(submits.result());
  auto maps = placed.pool.submit([] {
    return throws_invalid_state([] {
      static_cast<void>(the_pool->map([](int n) { return n; }, std::vector<int>{1, 2}));
    });
  });
  EXPECT_TRUE(maps.result());
  EXPECT_EQ(placed.pool.submit([] { return 2; }).result(), 2);
}

TEST(OwnWorker, UsingThePoolInAReplacementThrowsToo) {
  MUSTER_NEEDS_FORK("the client's pool");
  Placed placed({.max_workers = 1, .max_tasks_per_child = 1});
  for (int i = 0; i < 3; ++i) {
    auto submits = placed.pool.submit(
        [] { return throws_invalid_state([] { the_pool->submit([] { return 1; }); }); });
    EXPECT_TRUE(submits.result());
  }
}

int sum_in_a_pool_of_its_own(int n) {
  ProcessPoolExecutor pool({.max_workers = 2});
  std::vector<int> items(static_cast<std::size_t>(n), 1);
  int sum = 0;
  for (int one : pool.map([](int i) { return i; }, items)) sum += one;
  return sum;
}

// Behaviour 152.
TEST(OwnWorker, NewPoolMadeInAWorkerWorks) {
  ProcessPoolExecutor pool({.max_workers = 2});
  auto first = pool.submit(sum_in_a_pool_of_its_own, 10);
  auto second = pool.submit(sum_in_a_pool_of_its_own, 20);
  EXPECT_EQ(first.result(), 10);
  EXPECT_EQ(second.result(), 20);
}

// Behaviour 152.
TEST(OwnWorker, ThreadPoolMadeInAWorkerWorks) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit([] {
    muster::ThreadPoolExecutor threads({.max_workers = 2});
    return threads.submit([] { return 17; }).result();
  });
  EXPECT_EQ(future.result(), 17);
}

}  // namespace
