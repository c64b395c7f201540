// What makes no sense, and what there is not enough of: an error of Muster's own, nothing lost.

#include <unistd.h>

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/init.hpp"
#include "support/proc.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::EncodingError;
using muster::InvalidArgumentError;
using muster::ProcessPoolExecutor;
using test_support::failure_of;

// Behaviours 56 and 66.
TEST(BadInput, MoreWorkersThanCanBeMadeAreRefused) {
  for (std::size_t workers : {std::numeric_limits<std::size_t>::max(), std::size_t{1} << 20}) {
    EXPECT_THROW(ProcessPoolExecutor({.max_workers = workers}), InvalidArgumentError) << workers;
  }
  EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
}

TEST(BadInput, ValuesThatNoOptionHasAreRefused) {
  using muster::OnUnwind;
  using muster::OnWorkerDeath;
  using muster::StartMethod;
  EXPECT_THROW(ProcessPoolExecutor({.start_method = StartMethod(77)}), InvalidArgumentError);
  EXPECT_THROW(ProcessPoolExecutor({.on_worker_death = OnWorkerDeath(9)}), InvalidArgumentError);
  EXPECT_THROW(ProcessPoolExecutor({.on_unwind = OnUnwind(9)}), InvalidArgumentError);
  const auto minus_one = static_cast<std::size_t>(-1);
  EXPECT_THROW(ProcessPoolExecutor({.restart_intensity = {.deaths = minus_one}}),
               InvalidArgumentError);
  const std::string name("a\0b", 3);
  EXPECT_THROW(ProcessPoolExecutor({.name = name}), InvalidArgumentError);
  EXPECT_THROW(muster::ThreadPoolExecutor({.name = name}), InvalidArgumentError);
}

TEST(BadInput, LambdaThatCapturedALocalByReferenceFailsThatFuture) {
  ProcessPoolExecutor pool({.max_workers = 1});
  int local = 3;
  failure_of<EncodingError>(pool.submit([&local] { return local; }));
  EXPECT_EQ(pool.submit([local] { return local; }).result(), 3);
}

TEST(BadInput, LambdaThatCapturedAnAddressInTheHeapFailsThatFuture) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto owned = std::make_unique<int>(3);
  failure_of<EncodingError>(pool.submit([address = owned.get()] { return *address; }));
  EXPECT_EQ(pool.submit([] { return 4; }).result(), 4);
}

// It says "I know": what the pool was forked with is there in the worker.
TEST(BadInput, BitwiseTurnsTheGuardOff) {
  MUSTER_NEEDS_FORK("the client's heap");
  const auto owned = std::make_unique<int>(3);
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit(muster::bitwise([address = owned.get()] { return *address; }));
  EXPECT_EQ(future.result(), 3);
}

struct Shortage {
  const char* of;
  const char* when;                    // the limit is set: before the pool is made, or after
  std::vector<unsigned long> amounts;  // the first is too little to make a pool with
};

class ShortOf : public testing::TestWithParam<Shortage> {};

std::vector<unsigned long> from_to(unsigned long first, unsigned long last) {
  std::vector<unsigned long> all;
  for (unsigned long n = first; n <= last; ++n) all.push_back(n);
  return all;
}

const std::vector<unsigned long> kBytes{0,       1 << 12, 1 << 16, 1 << 20,   1 << 22,  1 << 24,
                                        1 << 26, 1 << 28, 1 << 30, 1UL << 32, 1UL << 36};

INSTANTIATE_TEST_SUITE_P(BadInput, ShortOf,
                         testing::Values(Shortage{"address_space", "before", kBytes},
                                         Shortage{"address_space", "after", kBytes},
                                         Shortage{"file_size", "before", kBytes},
                                         Shortage{"file_size", "after", kBytes},
                                         Shortage{"descriptors", "before", from_to(3, 40)},
                                         Shortage{"descriptors", "after", from_to(3, 40)},
                                         Shortage{"processes", "before", from_to(1, 10)}),
                         [](const auto& suite) {
                           return std::string(suite.param.of) + "_" + suite.param.when;
                         });

// Whatever there is not enough of, every step ends well or with an error of Muster's hierarchy, or
// of the program's own memory with std::bad_alloc; which, the program prints. Its wait() is also
// the end of all it started.
TEST_P(ShortOf, EndsWellOrWithAnErrorOfMusters) {
  const std::string of = GetParam().of;
  const std::string when = GetParam().when;
  for (unsigned long amount : GetParam().amounts) {
    const auto end = test_support::Program("short_of", {of, when, std::to_string(amount)}).wait();
    ASSERT_EQ(end.exit_code, 0) << of << " " << when << " " << amount << "\nsignal "
                                << end.term_signal << "\n"
                                << end.out << end.err;
    if (when == "before" && amount == GetParam().amounts.front()) {
      EXPECT_TRUE(end.out.starts_with("no pool: ")) << end.out;
    }
    test_support::Watchdog::progress();
  }
}

}  // namespace
