// A process of the pool that another one traces (a debugger, say) and has not waited for when it
// ends: the kernel keeps it from its parent until then, and nobody else is to wait for that.

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;

// Made before the pool, so that it shares nothing of it.
class Tracer {
 public:
  Tracer() {
    if (::pipe(orders_) != 0 || ::pipe(answers_) != 0) ::abort();
    pid_ = ::fork();
    if (pid_ == 0) serve();
  }
  ~Tracer() { end(); }
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // True once it is traced.
  bool seize(pid_t pid) {
    bool done = false;
    return ::write(orders_[1], &pid, sizeof(pid)) == sizeof(pid) &&
           ::read(answers_[0], &done, sizeof(done)) == sizeof(done) && done;
  }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  [[noreturn]] void serve() {
    pid_t pid = 0;
    if (::read(orders_[0], &pid, sizeof(pid)) != sizeof(pid)) ::_exit(1);
    const bool done = ::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0;
    if (::write(answers_[1], &done, sizeof(done)) != sizeof(done)) ::_exit(1);
    while (true) ::pause();
  }

  int orders_[2] = {-1, -1};
  int answers_[2] = {-1, -1};
  pid_t pid_ = 0;
};

void never_ends() {
  while (true) ::usleep(1000);
}

TEST(TracedWorker, ThatDiesIsToldOfAndKeepsNobodyWaiting) {
  Tracer tracer;
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  const pid_t worker = pool.submit(::getpid).result();
  ASSERT_TRUE(tracer.seize(worker));
  auto future = pool.submit({.name = "traced"}, never_ends);
  while (!future.running()) ::usleep(100);
  ASSERT_EQ(::kill(worker, SIGKILL), 0);
  const auto error = test_support::as<muster::WorkerDiedError>(future.exception());
  EXPECT_EQ(error.worker_pid(), worker);
  EXPECT_EQ(error.term_signal(), SIGKILL);
  EXPECT_EQ(pool.submit([] { return 7; }).result(), 7);
  EXPECT_THROW(pool.submit({.task_timeout = 20ms}, never_ends).result(), muster::TaskTimeoutError);
  EXPECT_FALSE(test_support::is_gone(worker));  // the tracer has it still
}

TEST(TracedWorker, ThatEndsByItselfIsToldOfWithItsCode) {
  Tracer tracer;
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  ASSERT_TRUE(tracer.seize(pool.submit(::getpid).result()));
  const auto error =
      test_support::as<muster::WorkerDiedError>(pool.submit([] { ::_exit(7); }).exception());
  EXPECT_EQ(error.exit_code(), 7);
  EXPECT_EQ(pool.submit([] { return 7; }).result(), 7);
}

TEST(TracedWorker, IsReapedWhenItsTracerIsGone) {
  Tracer tracer;
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  const pid_t worker = pool.submit(::getpid).result();
  ASSERT_TRUE(tracer.seize(worker));
  EXPECT_THROW(pool.submit([] { ::_exit(7); }).result(), muster::WorkerDiedError);
  tracer.end();
  // Each death has the supervisor look.
  EXPECT_THROW(pool.submit([] { ::_exit(7); }).result(), muster::WorkerDiedError);
  while (!test_support::is_gone(worker)) ::usleep(1000);
}

TEST(TracedSupervisor, ThatDiesKeepsNobodyWaiting) {
  Tracer tracer;
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t supervisor = pool.submit(::getppid).result();
  ASSERT_TRUE(tracer.seize(supervisor));
  auto future = pool.submit(never_ends);
  ASSERT_EQ(::kill(supervisor, SIGKILL), 0);
  EXPECT_THROW(future.result(), muster::BrokenProcessPool);
  pool.shutdown();
  tracer.end();
  ::waitpid(supervisor, nullptr, 0);  // it was this process's to reap
}

}  // namespace
