// What the client makes of the supervisor's news.

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <muster/detail/submit_path.hpp>
#include <muster/muster.hpp>

#include "fuzz/core_probe.hpp"
#include "support/failure.hpp"
#include "support/thread_state.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::detail::BreakCause;
using muster::detail::CoreProbe;
using muster::detail::Message;
using muster::detail::MessageKind;

int plus_one(int n) { return n + 1; }

class News : public testing::Test {
 protected:
  News() : probe({.max_workers = 1}) {}

  // Why a task failed after the news.
  std::string failure_after(const Message& message) {
    auto future = *muster::detail::TravelPath::submit(
        {.threads = nullptr, .travel = &probe.backend()}, nullptr, true, plus_one, 1);
    probe.say(message, false);
    probe.pump_once();
    probe.end();
    return test_support::failure_of<muster::BrokenProcessPool>(future).what();
  }

  CoreProbe probe;
};

TEST_F(News, OfWorkersThatCannotBeWatchedSayThat) {
  Message message;
  message.kind = MessageKind::broken;
  message.cause = BreakCause::cannot_watch;
  message.set_text("Cannot allocate memory");
  EXPECT_EQ(failure_after(message),
            "the pool broke because its supervisor could not watch its workers: Cannot allocate "
            "memory");
}

TEST_F(News, OfAWorkerForWhichThereIsNoDescriptorSayThat) {
  Message message;
  message.kind = MessageKind::worker_started;
  message.pid = 7;
  EXPECT_EQ(failure_after(message),
            "the pool was given up because worker 0 (pid 7) cannot be watched: this process has no "
            "file descriptors left");
}

// Whether this process has a pidfd of that one.
bool watches(pid_t pid) {
  const std::string line = "Pid:\t" + std::to_string(pid);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream info(entry.path());
    for (std::string text; std::getline(info, text);) {
      if (text == line) return true;
    }
  }
  return false;
}

class Unwatched : public News {
 protected:
  Unwatched() : worker(::fork()) {
    if (worker == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close_range(3, ~0U, 0);  // the supervisor's end of the socket is to have one holder
      while (true) ::pause();
    }
  }
  ~Unwatched() override {
    ::kill(worker, SIGKILL);
    ::waitpid(worker, nullptr, 0);
  }
  // Its pidfd has not come along: there was no descriptor left.
  void hear_of_it() {
    Message message;
    message.kind = MessageKind::worker_started;
    message.pid = worker;
    probe.say(message, false);
    probe.pump_once();
  }

  const pid_t worker;
};

TEST_F(Unwatched, AWorkerIsWatchedByItsNumberAndItsEndAwaited) {
  probe.supervisor_is(::getpid());
  hear_of_it();
  EXPECT_TRUE(watches(worker));
  std::atomic<pid_t> id{0};
  std::atomic<bool> ended{false};
  std::thread ending([&] {
    id.store(test_support::current_thread_id());
    id.notify_one();
    probe.end();
    ended = true;
  });
  id.wait(0);
  test_support::wait_until_asleep(id.load());
  EXPECT_FALSE(ended) << "the worker may still run a task";
  ::kill(worker, SIGKILL);
  ending.join();
}

TEST_F(Unwatched, AStrangerWhoHasTheNumberNowIsNot) {
  probe.supervisor_is(::getppid());
  hear_of_it();
  EXPECT_FALSE(watches(worker));
  probe.end();
}

}  // namespace
