#pragma once

// Ends a test executable whose test makes no progress, with the name of the test.
//
// Include it and it is on. It uses alarm(), not a thread: pools are forked from the test process,
// and a thread of the watchdog's would be one that the fork has to think about. An alarm is not
// inherited by forked children, whose pool ends them when the test process is gone.
//
// MUSTER_TEST_WATCHDOG_SECONDS changes the limit (sanitizers, slow machines); 0 turns it off.

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace test_support {

class Watchdog : public testing::EmptyTestEventListener {
 public:
  static unsigned seconds() {
    const char* text = std::getenv("MUSTER_TEST_WATCHDOG_SECONDS");
    return text == nullptr ? 60 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
  }

  // Starts the limit anew. A test that legitimately takes long may call it as it goes on.
  static void progress() { ::alarm(seconds()); }

 private:
  static constexpr std::size_t kNameSize = 512;
  inline static char test_name_[kNameSize] = {};

  static void on_alarm(int) {
    // Only what is safe in a signal handler.
    write_text("watchdog: no progress in ");
    write_text(test_name_);
    write_text(", ending the test executable\n");
    std::abort();
  }
  static void write_text(const char* text) {
    if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
  }

  void OnTestStart(const testing::TestInfo& test) override {
    const std::string name = std::string(test.test_suite_name()) + "." + test.name();
    std::strncpy(test_name_, name.c_str(), kNameSize - 1);
    struct sigaction action = {};
    action.sa_handler = &Watchdog::on_alarm;
    ::sigaction(SIGALRM, &action, nullptr);
    progress();
  }
  void OnTestPartResult(const testing::TestPartResult&) override { progress(); }
  void OnTestEnd(const testing::TestInfo&) override { ::alarm(0); }
};

inline const bool kWatchdogInstalled = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new Watchdog);
  return true;
}();

}  // namespace test_support
