// kill -9 of the client, and of the supervisor.

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/init.hpp"
#include "support/proc.hpp"
#include "support/program.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::BrokenProcessPool;
using muster::ProcessPoolExecutor;
using muster::StartMethod;
using test_support::failure_of;
using test_support::SharedCounter;
using test_support::SharedGate;
using test_support::SharedLog;

// The supervisors of a client and all that come from them, parents first.
std::vector<pid_t> descendants_of(pid_t client) {
  std::vector<pid_t> all = test_support::supervisors_of(client);
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (pid_t pid : test_support::children_of(all[i])) all.push_back(pid);
  }
  return all;
}

class KilledClient : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Leftovers, KilledClient,
                         testing::Values("idle", "running", "stubborn", "stopped", "terminating",
                                         "starting"),
                         [](const auto& suite) { return std::string(suite.param); });

// Behaviour 136.
TEST_P(KilledClient, LeavesNoProcessNoFileAndNoMemory) {
  // Orphans become this process's children, so the end of the last can be waited for.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const pid_t own_server = test_support::own_fork_server();
  const auto names = test_support::shared_memory_names();
  std::set<test_support::Inode> memfds;
  {
    test_support::Program client("killed_client", {GetParam()});
    ASSERT_EQ(client.read_line(), "ready");
    for (pid_t pid : descendants_of(client.pid())) memfds.merge(test_support::memfds_of(pid));
    memfds.merge(test_support::memfds_of(client.pid()));
    if (std::string(GetParam()) != "starting") {
      EXPECT_FALSE(memfds.empty());
    }
    ASSERT_EQ(::kill(client.pid(), SIGKILL), 0);
    EXPECT_EQ(client.wait().term_signal, SIGKILL);  // and the end of its descendants' output
  }
  test_support::reap_all_but(own_server);
  EXPECT_TRUE(test_support::holders_of(memfds).empty());
  EXPECT_EQ(test_support::shared_memory_names(), names);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

class WorkersOfAnotherUser : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Leftovers, WorkersOfAnotherUser,
                         testing::Values("initializer_changes_user", "task_changes_user"),
                         [](const auto& suite) { return std::string(suite.param); });

// The kernel does not kill them with their supervisor any more, and nobody else is left to do it.
TEST_P(WorkersOfAnotherUser, DoNotOutliveClientAndSupervisor) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can change its user";
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const pid_t own_server = test_support::own_fork_server();
  {
    test_support::Program client("killed_client", {GetParam()});
    ASSERT_EQ(client.read_line(), "ready");
    const auto supervisor = test_support::supervisors_of(client.pid());
    ASSERT_EQ(supervisor.size(), 1);
    ASSERT_EQ(test_support::children_of(supervisor[0]).size(), 3);
    // So that neither has time to hear of the other's death.
    for (pid_t pid : {client.pid(), supervisor[0]}) ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    for (pid_t pid : {client.pid(), supervisor[0]}) ASSERT_EQ(::kill(pid, SIGKILL), 0);
    EXPECT_EQ(client.wait().term_signal, SIGKILL);  // and the end of the workers' output
  }
  test_support::reap_all_but(own_server);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

class KilledSupervisor : public testing::TestWithParam<muster::OnWorkerDeath> {};

INSTANTIATE_TEST_SUITE_P(Leftovers, KilledSupervisor,
                         testing::Values(muster::OnWorkerDeath::break_pool,
                                         muster::OnWorkerDeath::replace),
                         [](const auto& suite) {
                           return suite.param == muster::OnWorkerDeath::replace ? "Replace"
                                                                                : "BreakPool";
                         });

TEST_P(KilledSupervisor, BreaksThePoolAndItsWorkersAreGone) {
  std::vector<pid_t> workers;
  {
    ProcessPoolExecutor pool({.max_workers = 3, .on_worker_death = GetParam()});
    workers = pool.worker_pids();
    auto done = pool.submit([] { return 5; });
    EXPECT_EQ(done.result(), 5);
    const SharedLog started;
    const SharedGate never;
    auto running = pool.submit({.retries = 3}, [started, never] {
      // Memory that takes a while to be taken down, after the supervisor's socket has closed.
      const std::vector<char> large(std::size_t{128} << 20, 'x');
      started.add(::getpid());
      never.wait();
    });
    started.wait_for_size(1);
    auto second = pool.submit([never] { never.wait(); });
    std::vector<muster::Future<void>> pending;
    for (int i = 0; i < 20; ++i) pending.push_back(pool.submit([never] { never.wait(); }));
    const pid_t supervisor = test_support::parent_of(workers.at(0));
    ASSERT_NE(supervisor, ::getpid());
    ASSERT_EQ(::kill(supervisor, SIGKILL), 0);

    failure_of<BrokenProcessPool>(running);
    // Futures fail once all workers are dead: none of them runs on behind the client's back.
    for (pid_t pid : workers) EXPECT_FALSE(test_support::is_running(pid)) << pid;
    failure_of<BrokenProcessPool>(second);
    for (auto& future : pending) failure_of<BrokenProcessPool>(future);
    EXPECT_THROW(pool.submit([] { return 1; }), BrokenProcessPool);
    EXPECT_EQ(done.result(), 5);
  }
  EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
}

// Where orphans become this process's children, and where they do not.
class OrphansOf : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Leftovers, OrphansOf, testing::Bool(), [](const auto& suite) {
  return suite.param ? "Subreaper" : "AnyProgram";
});

TEST_P(OrphansOf, AKilledSupervisorAreEndedAndReaped) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, GetParam() ? 1 : 0), 0);
  pid_t started_by_task = 0;
  {
    ProcessPoolExecutor pool({.max_workers = 2, .on_worker_death = muster::OnWorkerDeath::replace});
    const SharedLog started;
    auto running = pool.submit([started] {
      const pid_t child = ::fork();
      if (child == 0) ::alarm(600);  // should this test fail
      if (child != 0) started.add(child);
      while (true) ::pause();
    });
    started.wait_for_size(1);
    started_by_task = static_cast<pid_t>(started.values().at(0));
    ASSERT_EQ(::kill(test_support::parent_of(pool.worker_pids().at(0)), SIGKILL), 0);
    failure_of<BrokenProcessPool>(running);
  }
  test_support::wait_for_end(started_by_task);
  if (GetParam()) {
    EXPECT_EQ(::waitpid(started_by_task, nullptr, 0), started_by_task);
  }
  EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

// In its so many-th fork the supervisor is killed by the child that it has just made, and that
// nobody else knows of yet.
struct DeadlyFork {
  pid_t client = 0;  // 0: there is none
  int number = 0;
  int forks = 0;  // the supervisor's; what it forks has a copy
};

DeadlyFork deadly_fork;

void before_fork() {
  if (::getpid() != deadly_fork.client) ++deadly_fork.forks;
}

bool forked_deadly() { return deadly_fork.client != 0 && deadly_fork.forks == deadly_fork.number; }

void in_parent() {
  while (forked_deadly()) ::pause();
}

void in_child() {
  if (forked_deadly()) ::kill(::getppid(), SIGKILL);
}

class OrphansOfASubreaper : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    static const int error = ::pthread_atfork(before_fork, in_parent, in_child);
    ASSERT_EQ(error, 0);
  }
  void TearDown() override {
    deadly_fork = {};
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  }
};

TEST_F(OrphansOfASubreaper, AreReapedWhereTheSupervisorIsKilledAsItStartsWorkers) {
  deadly_fork = {.client = ::getpid(), .number = 2};
  EXPECT_THROW(ProcessPoolExecutor({.max_workers = 3, .start_method = StartMethod::fork}),
               muster::Error);
  EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
}

TEST_F(OrphansOfASubreaper, AreReapedWhereTheSupervisorIsKilledAsItReplacesAWorker) {
  deadly_fork = {.client = ::getpid(), .number = 3};
  {
    ProcessPoolExecutor pool({.max_workers = 2,
                              .start_method = StartMethod::fork,
                              .on_worker_death = muster::OnWorkerDeath::replace});
    const SharedGate never;
    auto running = pool.submit([never] { never.wait(); });
    auto deadly = pool.submit([] { ::kill(::getpid(), SIGKILL); });
    failure_of<BrokenProcessPool>(running);
  }
  EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
}

TEST_F(OrphansOfASubreaper, AreReapedWhereTheSupervisorIsKilledAfterTheLastTask) {
  {
    const SharedCounter finalizing;
    const SharedGate never;
    ProcessPoolExecutor pool({.max_workers = 2, .finalizer = [finalizing, never] {
                                finalizing.add();
                                never.wait();
                              }});
    const pid_t supervisor = test_support::parent_of(pool.worker_pids().at(0));
    EXPECT_EQ(pool.submit([] { return 5; }).result(), 5);
    pool.shutdown({.wait = false});
    finalizing.wait_at_least(2);
    ASSERT_EQ(::kill(supervisor, SIGKILL), 0);
  }
  EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
}

// Once the supervisor is forked, another process is that has all descriptors that the client has at
// that moment, and then the client gets no more of them.
struct HeldSocket {
  pid_t client = 0;  // 0: there is none
  pid_t holder = 0;
};

HeldSocket held_socket;

void limit_descriptors(rlim_t most) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min(most, limit.rlim_max);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

void hold_socket() {
  if (held_socket.client != ::getpid() || held_socket.holder != 0) return;
  // Without the handlers of forks, those of the pool among them.
  held_socket.holder = static_cast<pid_t>(::syscall(SYS_fork));
  if (held_socket.holder == 0) {
    ::close_range(STDIN_FILENO, STDERR_FILENO, 0);
    ::alarm(600);  // should this test fail
    while (true) ::pause();
  }
  limit_descriptors(STDERR_FILENO + 1);
}

TEST(SupervisorThatCannotBeWatched, LeavesThoughAnotherProcessHoldsTheClientsSocket) {
  ASSERT_EQ(::pthread_atfork(nullptr, hold_socket, nullptr), 0);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  held_socket.client = ::getpid();
  std::string what;
  try {
    const ProcessPoolExecutor pool({.max_workers = 2, .start_method = StartMethod::fork});
  } catch (const muster::Error& e) {
    what = e.what();
  }
  limit_descriptors(before.rlim_cur);
  ASSERT_EQ(::kill(held_socket.holder, SIGKILL), 0);
  ASSERT_EQ(::waitpid(held_socket.holder, nullptr, 0), held_socket.holder);
  held_socket.client = 0;
  EXPECT_TRUE(what.starts_with("cannot watch the supervisor of pool")) << what;
  EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
}

TEST(KilledSupervisorWhileIdle, IsNoticedByTheNextSubmitOrItsFuture) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const auto workers = pool.worker_pids();
  ASSERT_EQ(::kill(test_support::parent_of(workers.at(0)), SIGKILL), 0);
  for (pid_t pid : workers) test_support::wait_for_end(pid);
  test_support::as<BrokenProcessPool>(test_support::error_of_task(pool, [] { return 1; }));
}

}  // namespace
