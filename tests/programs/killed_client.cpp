// A client that is to be killed: while its workers are idle, run a task, run one that no other
// signal ends, are stopped, or are to end but take their time, or while pools are being made; or
// when they have changed their user.

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

#include "support/init.hpp"
#include "support/shared_memory_latch.hpp"

namespace {

void say_ready() {
  std::printf("ready\n");
  std::fflush(stdout);
}

void ignore_signals() {
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_IGN);
}

// The kernel forgets what it was to do at the parent's death. The others stay what they were.
void change_user() {
  constexpr uid_t kNobody = 65534;
  if (::setresuid(kNobody, kNobody, kNobody) != 0) std::abort();
}

test_support::SharedCounter* told_to_end = nullptr;

[[noreturn]] void wait_for_the_end() {
  while (true) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  test_support::init_as_told();
  const std::string state = argc > 1 ? argv[1] : "";
  if (state == "starting") {
    for (bool first = true;; first = false) {
      muster::ProcessPoolExecutor pool({.max_workers = 3});
      if (first) say_ready();
      pool.submit([] {}).result();
    }
  }
  const test_support::SharedCounter started;
  const test_support::SharedGate never;
  std::vector<muster::Future<void>> all;
  if (state == "initializer_changes_user") {
    muster::ProcessPoolExecutor pool({.max_workers = 3, .initializer = change_user});
    // No worker is idle: those look by themselves whether anybody is left.
    for (int i = 0; i < 3; ++i) {
      all.push_back(pool.submit([started, never] {
        started.add();
        never.wait();
      }));
    }
    started.wait_at_least(3);
    say_ready();
    wait_for_the_end();
  }
  if (state == "task_changes_user") {
    muster::ProcessPoolExecutor pool({.max_workers = 3});
    // One each: no worker is done before all have begun.
    for (int i = 0; i < 3; ++i) {
      all.push_back(pool.submit([started] {
        started.add();
        started.wait_at_least(3);
        change_user();
      }));
    }
    for (auto& one : all) one.result();
    say_ready();
    wait_for_the_end();
  }
  if (state == "terminating") {
    muster::ProcessPoolExecutor pool({.max_workers = 3, .kill_grace = std::chrono::hours(1)});
    const test_support::SharedCounter told;
    for (int i = 0; i < 3; ++i) {
      all.push_back(pool.submit([started, told, never] {
        told_to_end = new test_support::SharedCounter(told);
        std::signal(SIGTERM, [](int) { told_to_end->add(); });
        started.add();
        never.wait();
      }));
    }
    started.wait_at_least(3);
    std::thread ender([&] { pool.terminate_workers(); });
    told.wait_at_least(3);
    say_ready();
    wait_for_the_end();
  }
  muster::ProcessPoolExecutor pool({.max_workers = 3});
  const std::vector<char> large(5'000'000, 'x');
  pool.submit([](const std::vector<char>& bytes) { return bytes; }, large).result();
  if (state == "idle") {
    say_ready();
    wait_for_the_end();
  }
  const bool stubborn = state == "stubborn";
  for (int i = 0; i < 20; ++i) {
    all.push_back(pool.submit([started, never, stubborn] {
      if (stubborn) ignore_signals();
      started.add();
      never.wait();
    }));
  }
  started.wait_at_least(3);
  if (state == "stopped") {
    for (pid_t pid : pool.worker_pids()) ::kill(pid, SIGSTOP);
  }
  say_ready();
  wait_for_the_end();
}
