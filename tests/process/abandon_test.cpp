// The last future of a task goes at the very moment at which the pool takes its result in.

#include <atomic>
#include <cstring>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <muster/codec.hpp>
#include <muster/detail/submit_path.hpp>
#include <muster/encoder.hpp>
#include <muster/muster.hpp>

#include "fuzz/core_probe.hpp"
#include "support/thread_state.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::detail::CoreProbe;
using muster::detail::SlotStatus;
using muster::detail::SlotWord;

std::string text_of(int n) { return std::to_string(n); }

// As a worker does.
void finish_all(const CoreProbe& probe, const std::string& value) {
  for (auto& line : probe.views().control.slot_lines()) {
    const SlotWord word(line.word.load());
    if (word.status() != SlotStatus::pending) continue;
    muster::Encoder out(reinterpret_cast<std::byte*>(line.result.bytes),
                        reinterpret_cast<std::byte*>(line.result.bytes) + sizeof(line.result.bytes),
                        nullptr);
    muster::Codec<std::string>::encode(out, value);
    line.result.inline_size = static_cast<std::uint32_t>(out.size());
    line.word.store(SlotWord(SlotStatus::done, 0, word.tag()).bits());
  }
}

// The thread that lets go waits for the lock of who takes the result in, and then frees what the
// pool keeps for it, for which it needs that lock once more.
TEST(Abandon, WaitsForWhoTakesTheResultInAndFreesIt) {
  CoreProbe probe({.max_workers = 1});
  auto future = *muster::detail::TravelPath::submit(
      {.threads = nullptr, .travel = &probe.backend()}, nullptr, true, text_of, 1);
  finish_all(probe, "one");
  std::thread letting_go;
  std::atomic<pid_t> id{0};
  probe.take_in_after([&] {
    letting_go = std::thread([last = std::move(future), &id]() mutable {
      id.store(test_support::current_thread_id());
      id.notify_one();
      last = {};
    });
    id.wait(0);
    test_support::wait_until_asleep(id.load());
  });
  letting_go.join();
  EXPECT_EQ(probe.unfinished(), 0U);
}

}  // namespace
