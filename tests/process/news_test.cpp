// What the client makes of the supervisor's news.

#include <cerrno>
#include <string>

#include <gtest/gtest.h>

#include <muster/detail/submit_path.hpp>
#include <muster/muster.hpp>

#include "fuzz/core_probe.hpp"
#include "support/failure.hpp"
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

TEST_F(News, OfAWorkerWhoseDescriptorCouldNotBeSentSayThat) {
  Message message;
  message.kind = MessageKind::worker_started;
  message.pid = 7;
  message.code = ETOOMANYREFS;
  EXPECT_EQ(failure_after(message),
            "the pool was given up because worker 0 (pid 7) cannot be watched: the kernel does not "
            "let its descriptor be sent: Too many references: cannot splice");
}

TEST_F(News, OfAWorkerForWhichThereIsNoDescriptorSayThat) {
  Message message;
  message.kind = MessageKind::worker_started;
  message.pid = 7;
  EXPECT_EQ(failure_after(message),
            "the pool was given up because worker 0 (pid 7) cannot be watched: this process has no "
            "file descriptors left");
}

}  // namespace
