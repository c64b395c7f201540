// A thread pool in a child that the program forked itself.

#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include <gtest/gtest.h>

#include <muster/error.hpp>
#include <muster/thread_pool.hpp>

#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ThreadPoolExecutor;
using test_support::OpensAtExit;
using test_support::SharedGate;

TEST(ThreadPool, IsInertInAForkedChild) {
  SharedGate gate;
  ThreadPoolExecutor pool({.max_workers = 1});
  const OpensAtExit release(gate);
  const SharedGate begun;
  auto running = pool.submit([gate, begun] {
    begun.open();
    gate.wait();
  });
  // Its thread sleeps, or is about to: the address sanitizer's allocator is not to be used in a
  // child that was forked while another thread was in it.
  begun.wait();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int wrong = 0;
    const auto refuses = [&wrong](auto&& use) {
      try {
        use();
        ++wrong;
      } catch (const muster::InvalidStateError&) {
        return;
      }
    };
    refuses([&] { pool.submit([] {}); });
    refuses([&] { pool.shutdown(); });
    refuses([&] { static_cast<void>(pool.stats()); });
    refuses([&] { running.result(); });
    // A pool of the child's own works, and the parent's can be destroyed.
    ThreadPoolExecutor own({.max_workers = 1});
    if (own.submit([] { return 4; }).result() != 4) ++wrong;
    { const ThreadPoolExecutor destroyed(std::move(pool)); }
    ::_exit(wrong);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
