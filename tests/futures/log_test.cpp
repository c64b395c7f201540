#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/log.hpp>

#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::LogLevel;
using muster::detail::log;

TEST(Log, GoesToTheHandler) {
  std::vector<std::string> seen;
  muster::set_log_handler([&seen](LogLevel level, std::string_view message) {
    seen.push_back(std::to_string(static_cast<int>(level)) + std::string(message));
  });
  log(LogLevel::info, "one");
  log(LogLevel::error, "two");
  muster::set_log_handler({});
  EXPECT_EQ(seen, (std::vector<std::string>{"0one", "2two"}));
}

TEST(Log, GoesToStandardErrorByDefault) {
  testing::internal::CaptureStderr();
  log(LogLevel::warning, "a sentence");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "muster: warning: a sentence\n");
}

TEST(Log, DropsWhatTheHandlerThrows) {
  muster::set_log_handler([](LogLevel, std::string_view) { throw std::runtime_error("no"); });
  log(LogLevel::error, "lost");
  muster::set_log_handler({});
}

TEST(Log, LeavesTheOldHandlerWhenANewOneIsSet) {
  test_support::SharedGate entered;
  test_support::SharedGate leave;
  std::atomic<bool> left{false};
  muster::set_log_handler([&](LogLevel, std::string_view) {
    entered.open();
    leave.wait();
    left = true;
  });
  std::thread logger([] { log(LogLevel::info, "long"); });
  entered.wait();
  std::thread opener([&] { leave.open(); });
  muster::set_log_handler({});
  EXPECT_TRUE(left);
  logger.join();
  opener.join();
}

}  // namespace
