// A program with signal handling of its own.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/program.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::failure_of;

// Sets a signal's action for the length of a scope.
class SignalAction {
 public:
  SignalAction(int signal, void (*handler)(int)) : signal_(signal) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigaction(signal, &action, &before_);
  }
  ~SignalAction() { ::sigaction(signal_, &before_, nullptr); }
  SignalAction(const SignalAction&) = delete;
  SignalAction& operator=(const SignalAction&) = delete;

 private:
  int signal_;
  struct sigaction before_ {};
};

// All that can happen to workers, and the pool's end.
void live_a_pools_life() {
  ProcessPoolExecutor pool({.max_workers = 2,
                            .max_tasks_per_child = 3,
                            .on_worker_death = muster::OnWorkerDeath::replace,
                            .restart_intensity = {.deaths = 0}});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(pool.submit([i] { return i; }).result(), i);
  for (int i = 0; i < 3; ++i) {
    auto deadly = pool.submit(test_support::end_worker, test_support::End::exits_one);
    EXPECT_EQ(failure_of<muster::WorkerDiedError>(deadly).exit_code(), 1);
  }
  EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
}

void break_a_pool() {
  ProcessPoolExecutor pool({.max_workers = 2});
  auto deadly = pool.submit(test_support::end_worker, test_support::End::killed);
  EXPECT_EQ(failure_of<muster::BrokenProcessPool>(deadly).term_signal(), SIGKILL);
}

void reap_all(int) {
  const int saved = errno;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  errno = saved;
}

TEST(ProgramsSignals, SigchldHandlerThatReapsEverythingDoesNotConfuseThePool) {
  const SignalAction action(SIGCHLD, reap_all);
  live_a_pools_life();
  break_a_pool();
}

TEST(ProgramsSignals, IgnoredSigchldDoesNotConfuseThePool) {
  const SignalAction action(SIGCHLD, SIG_IGN);
  live_a_pools_life();
  break_a_pool();
}

TEST(ProgramsSignals, WaitpidOfAnyChildDoesNotConfuseThePool) {
  std::atomic<bool> stop = false;
  std::thread reaper([&] {
    // With no child at all it fails at once, and looks again.
    while (!stop) {
      if (::waitpid(-1, nullptr, 0) < 0) std::this_thread::yield();
    }
  });
  live_a_pools_life();
  break_a_pool();
  stop = true;
  // There may be a child that goes on, a fork server: this one lets the thread look again.
  const pid_t last = ::fork();
  if (last == 0) ::_exit(0);
  reaper.join();
}

// A child of the program's own is not the pool's to reap.
TEST(ProgramsSignals, PoolDoesNotReapTheProgramsChildren) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(5);
  live_a_pools_life();
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST(ProgramsSignals, WorkersStartWithDefaultDispositionsAndMask) {
  const SignalAction handled(SIGUSR1, [](int) {});
  const SignalAction ignored(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  {
    ProcessPoolExecutor pool({.max_workers = 1});
    auto as_by_default = pool.submit([] {
      sigset_t mask;
      ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
      for (int signal : {SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE, SIGCHLD}) {
        struct sigaction action {};
        ::sigaction(signal, nullptr, &action);
        if (action.sa_handler != SIG_DFL || sigismember(&mask, signal) != 0) return signal;
      }
      return 0;
    });
    EXPECT_EQ(as_by_default.result(), 0);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// On Ctrl-C the kernel signals every process of the foreground group; the client decides.
TEST(CtrlC, ReachesTheClientAlone) {
  test_support::Program program("foreground", {"handles"}, test_support::Program::Group::own);
  ASSERT_EQ(program.read_line(), "ready");
  ASSERT_EQ(::kill(-program.pid(), SIGINT), 0);
  const auto end = program.wait();
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.out, "ready\nthe task went on\n");
  EXPECT_EQ(end.err, "");
}

// Also when it is sent to a worker by name.
TEST(CtrlC, IsIgnoredByWorkers) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  EXPECT_EQ(pool.submit([] { return ::raise(SIGINT); }).result(), 0);
  EXPECT_EQ(pool.submit([] { return ::getpid(); }).result(), worker);
  EXPECT_NE(::getpgid(worker), ::getpgrp());
}

TEST(CtrlC, ThatEndsTheClientLeavesNobody) {
  test_support::Program program("foreground", {"dies"}, test_support::Program::Group::own);
  ASSERT_EQ(program.read_line(), "ready");
  ASSERT_EQ(::kill(-program.pid(), SIGINT), 0);
  // The end of all output, for which wait() waits, is the end of its descendants.
  EXPECT_EQ(program.wait().term_signal, SIGINT);
}

}  // namespace
