// Many deaths at once, deaths seen from callbacks, and deaths outside of any task.

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iterator>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/faulty.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using muster::BrokenProcessPool;
using muster::Future;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using test_support::as;
using test_support::End;
using test_support::failure_of;
using test_support::Fault;
using test_support::Faulty;
using test_support::SharedGate;
using test_support::SharedLog;

// All workers meet, then each kills the one that came after it.
std::vector<Future<void>> start_murders(ProcessPoolExecutor& pool, std::size_t workers) {
  const SharedLog met;
  std::vector<Future<void>> all;
  for (std::size_t i = 0; i < workers; ++i) {
    all.push_back(pool.submit([met, workers] {
      met.add(::getpid());
      met.wait_for_size(workers);
      const auto pids = met.values();
      const auto me = std::find(pids.begin(), pids.end(), ::getpid());
      const auto next = me + 1 == pids.end() ? pids.begin() : me + 1;
      ::kill(static_cast<pid_t>(*next), SIGKILL);
      SharedGate().wait();
    }));
  }
  return all;
}

class Murders : public testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(CrashRace, Murders, testing::Values(1, 2, 5, 13),
                         testing::PrintToStringParamName());

// Behaviour 132.
TEST_P(Murders, BreakThePoolAndLeaveNobody) {
  {
    ProcessPoolExecutor pool({.max_workers = GetParam()});
    for (auto& future : start_murders(pool, GetParam())) failure_of<BrokenProcessPool>(future);
    EXPECT_THROW(pool.submit([] { return 1; }), BrokenProcessPool);
  }
  EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
}

// Behaviour 132: as many workers, all dead at once.
TEST_P(Murders, AreSurvivedUnderReplace) {
  ProcessPoolExecutor pool({.max_workers = GetParam(),
                            .on_worker_death = OnWorkerDeath::replace,
                            .restart_intensity = {.deaths = 0}});
  const SharedLog met;
  std::vector<Future<void>> all;
  for (std::size_t i = 0; i < GetParam(); ++i) {
    all.push_back(pool.submit([met, workers = GetParam()] {
      met.add(::getpid());
      met.wait_for_size(workers);
      test_support::end_worker(End::killed);
    }));
  }
  for (auto& future : all) failure_of<muster::WorkerDiedError>(future);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(pool.submit([i] { return i; }).result(), i);
}

int take(const Faulty&) { return 1; }
Faulty give(Fault when_encoded) { return {when_encoded, Fault::none}; }

// Submits the n-th kind of task that ends its worker; what its future fails with.
std::exception_ptr crash(ProcessPoolExecutor& pool, std::size_t kind) {
  switch (kind) {
    case 0: return pool.submit(take, Faulty(Fault::none, Fault::exits)).exception();
    case 1: return pool.submit(take, Faulty(Fault::none, Fault::segfaults)).exception();
    case 2: return pool.submit(give, Fault::exits).exception();
    case 3: return pool.submit(give, Fault::segfaults).exception();
    default:
      return pool.submit(test_support::end_worker, test_support::kAllEnds[kind - 4]).exception();
  }
}

// Behaviour 130.
TEST(CrashRace, EveryCrashOfATaskThatACallbackSubmitted) {
  for (std::size_t kind = 0; kind < 4 + std::size(test_support::kAllEnds); ++kind) {
    ProcessPoolExecutor pool({.max_workers = 2});
    const auto seen = std::make_shared<muster::Promise<std::exception_ptr>>();
    auto first = pool.submit([] { return 1; });
    // It waits for the crash on the callback thread: waiters need no callback thread.
    first.add_done_callback(
        [&pool, seen, kind](Future<int>) { seen->set_result(crash(pool, kind)); });
    as<BrokenProcessPool>(seen->future().result());
    EXPECT_THROW(pool.submit([] { return 1; }), BrokenProcessPool);
  }
}

// Behaviour 130: the callbacks of what a crash failed are called, and may submit, in vain.
TEST(CrashRace, CallbackOfABrokenFutureIsToldSo) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto seen = std::make_shared<muster::Promise<std::exception_ptr>>();
  auto future = pool.submit(test_support::end_worker, End::killed);
  future.add_done_callback([&pool, seen](Future<void>) {
    seen->set_result(test_support::thrown_by([&] { pool.submit([] { return 1; }); }));
  });
  as<BrokenProcessPool>(seen->future().result());
}

// An argument whose destructor, in the worker, is where it ends.
struct Mine {
  explicit Mine(End end) : at_end(end) {}
  Mine(Mine&& other) noexcept : at_end(other.at_end), armed(other.armed) { other.armed = false; }
  Mine(const Mine& other) : at_end(other.at_end) {}
  Mine& operator=(const Mine&) = delete;
  ~Mine() {
    if (armed) test_support::end_worker(at_end);
  }
  End at_end;
  bool armed = false;
};

}  // namespace

template <>
struct muster::Codec<Mine> {
  static void encode(Encoder& out, const Mine& value) { out.write(value.at_end); }
  static Mine decode(Decoder& in) {
    Mine mine(in.read<test_support::End>());
    mine.armed = true;
    return mine;
  }
};

namespace {

class DeadlyDestructor : public testing::TestWithParam<End> {};

INSTANTIATE_TEST_SUITE_P(CrashRace, DeadlyDestructor,
                         testing::Values(End::segfault, End::exits_one, End::killed),
                         testing::PrintToStringParamName());

// Behaviour 135: whether the result was there before is not promised, an end of the future is.
TEST_P(DeadlyDestructor, OfAnArgumentIsAWorkersDeath) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  auto future = pool.submit([](const Mine&) { return 1; }, Mine(GetParam()));
  if (const auto error = future.exception()) {
    as<muster::WorkerDiedError>(error);
  } else {
    EXPECT_EQ(future.result(), 1);
  }
  EXPECT_EQ(pool.submit([] { return 2; }).result(), 2);
}

}  // namespace
