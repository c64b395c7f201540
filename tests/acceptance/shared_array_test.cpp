// Arrays in memory that client and workers share: by reference in and out, freed with the last
// handle anywhere.

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/init.hpp"
#include "support/proc.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using muster::ProcessPoolExecutor;
using muster::SharedArray;

constexpr std::size_t kLarge = 1 << 20;

double sum(SharedArray<const double> array) {
  return std::accumulate(array.begin(), array.end(), 0.0);
}

SharedArray<double> numbers(std::size_t size) {
  SharedArray<double> array(size);
  std::iota(array.begin(), array.end(), 0.0);
  return array;
}

// Pages of all arrays that a process can reach, whatever holds them.
std::uint64_t bytes_of_arrays(pid_t pid) {
  std::map<test_support::Inode, std::uint64_t> found;
  for (const auto& [inode, bytes] : test_support::open_memfds(pid, "muster:array")) {
    found[inode] = bytes;
  }
  std::uint64_t all = 0;
  for (const auto& [inode, bytes] : found) all += bytes;
  return all;
}

// What a task alone had left is let go by the pool's own thread, a moment later. The watchdog ends
// a test in which it is not.
void wait_until_freed(pid_t pid) {
  while (bytes_of_arrays(pid) != 0) std::this_thread::yield();
}

TEST(SharedArray, IsZerosOfItsSize) {
  const SharedArray<int> array(1000);
  ASSERT_EQ(array.size(), 1000U);
  EXPECT_EQ(std::ranges::count(array, 0), 1000);
  EXPECT_EQ(array.span().size(), 1000U);
}

TEST(SharedArray, OfNothingTravels) {
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit(sum, SharedArray<double>()).result(), 0);
  EXPECT_EQ(pool.submit(sum, SharedArray<double>(0)).result(), 0);
  EXPECT_TRUE(pool.submit([] { return SharedArray<double>(); }).result().empty());
}

TEST(SharedArray, OfMoreThanAnyMemoryIsRefused) {
  EXPECT_THROW(SharedArray<double>(std::numeric_limits<std::size_t>::max() / 8),
               muster::InvalidArgumentError);
  EXPECT_THROW(SharedArray<double>(std::numeric_limits<std::size_t>::max()),
               muster::InvalidArgumentError);
  EXPECT_THROW(SharedArray<char>(std::size_t{1} << 50), muster::Error);
}

TEST(SharedArray, FromARangeHasItsElements) {
  const auto squares = SharedArray<int>::from(std::views::iota(0, 10) |
                                              std::views::transform([](int i) { return i * i; }));
  EXPECT_EQ(squares[9], 81);
  const std::vector<int> values{3, 1, 2};
  EXPECT_TRUE(std::ranges::equal(SharedArray<int>::from(values), values));
  EXPECT_TRUE(std::ranges::equal(SharedArray<const int>::from(values), values));
}

TEST(SharedArray, MadeAfterTheWorkersIsReadThere) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const auto array = numbers(kLarge);
  EXPECT_EQ(pool.submit(sum, array).result(), sum(array));
}

TEST(SharedArray, MadeBeforeTheWorkersIsReadThere) {
  const auto array = numbers(1000);
  ProcessPoolExecutor pool({.max_workers = 2});
  EXPECT_EQ(pool.submit(sum, array).result(), sum(array));
}

TEST(SharedArray, IsWrittenInPlaceByAWorker) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedArray<int> array(10);
  pool.submit([](SharedArray<int> a) { a[3] = 7; }, array).result();
  EXPECT_EQ(array[3], 7);
}

TEST(SharedArray, MadeByAWorkerIsTheResultItself) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto array = pool.submit(numbers, kLarge).result();
  ASSERT_EQ(array.size(), kLarge);
  EXPECT_EQ(array[kLarge - 1], kLarge - 1);
}

TEST(SharedArray, InAnArgumentTakesNoMemoryOfThePool) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto array = numbers(kLarge);
  const std::uint64_t before = pool.stats().shared_memory_bytes;
  pool.submit([](double, const SharedArray<double>& a) { return a.size(); }, 1.0, array).result();
  for (double each : pool.map(sum, std::vector{array, array})) EXPECT_EQ(each, sum(array));
  EXPECT_LT(pool.stats().shared_memory_bytes, before + kLarge);
}

TEST(SharedArray, ThatGoesInAndOutIsTheSameMemory) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto array = numbers(100);
  const auto back = pool.submit([](SharedArray<double> a) { return a; }, array).result();
  EXPECT_EQ(back.data(), array.data());
}

TEST(SharedArray, OfAWorkerGoesOnToTheNext) {
  ProcessPoolExecutor pool({.max_workers = 2});
  auto made = pool.submit(numbers, kLarge);
  EXPECT_EQ(pool.submit(sum, made.result()).result(), sum(made.result()));
}

TEST(SharedArray, LivesWhenItsWorkerDiesRightAfterItsResult) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = muster::OnWorkerDeath::replace});
  auto made = pool.submit(numbers, kLarge);
  auto death = pool.submit(test_support::end_worker, test_support::End::killed);
  test_support::failure_of<muster::WorkerDiedError>(death);
  EXPECT_EQ(made.result()[kLarge - 1], kLarge - 1);
  EXPECT_EQ(pool.submit(sum, made.result()).result(), sum(made.result()));
}

TEST(SharedArray, OutlivesThePoolInItsFuture) {
  std::optional<muster::Future<SharedArray<double>>> made;
  {
    ProcessPoolExecutor pool({.max_workers = 1});
    made = pool.submit(numbers, kLarge);
  }
  EXPECT_EQ(made->result()[5], 5);
}

TEST(SharedArray, TravelsWithinOtherValues) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const std::vector<SharedArray<double>> arrays{numbers(10), SharedArray<double>(), numbers(20)};
  const auto back = pool.submit(
                            [](const std::vector<SharedArray<double>>& all) {
                              std::map<std::string, SharedArray<double>> named;
                              named["last"] = all[2];
                              named["new"] = numbers(5);
                              return named;
                            },
                            arrays)
                        .result();
  EXPECT_EQ(back.at("last").data(), arrays[2].data());
  EXPECT_EQ(back.at("new")[4], 4);
}

TEST(SharedArray, OfEachItemOfAMapArrives) {
  ProcessPoolExecutor pool({.max_workers = 2});
  std::size_t expected = 0;
  for (const auto& array : pool.map(numbers, std::views::iota(std::size_t{0}, std::size_t{40}))) {
    EXPECT_EQ(array.size(), expected++);
  }
  EXPECT_EQ(expected, 40U);
}

TEST(SharedArray, OfItemsBeforeADeathArrives) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = muster::OnWorkerDeath::replace});
  auto results = pool.map(
      muster::MapOptions{.chunksize = 10},
      [](int i) {
        if (i == 5) std::abort();
        return SharedArray<int>::from(std::vector<int>{i});
      },
      std::views::iota(0, 10));
  int i = 0;
  for (const auto& outcome : results.outcomes()) {
    if (i == 5) {
      EXPECT_FALSE(outcome.has_value());
    } else {
      EXPECT_EQ(outcome.value()[0], i);
    }
    ++i;
  }
  EXPECT_EQ(i, 10);
}

TEST(SharedArray, PartSharesAndKeepsTheWhole) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto part = numbers(100).subarray(10, 5);
  EXPECT_EQ(pool.submit(sum, part).result(), 10 + 11 + 12 + 13 + 14);
  EXPECT_THROW((void)part.subarray(1, 5), muster::InvalidArgumentError);
  EXPECT_THROW((void)part.subarray(6, 0), muster::InvalidArgumentError);
  EXPECT_TRUE(part.subarray(5, 0).empty());
}

TEST(SharedArray, OfConstCannotBeWrittenByAWorker) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = muster::OnWorkerDeath::replace});
  const auto array = numbers(10);
  // Also where the worker has it writable already.
  pool.submit([](SharedArray<double> a) { a[0] = 1; }, array).result();
  auto future = pool.submit(
      [](SharedArray<const double> a) { *const_cast<volatile double*>(a.data()) = 9; }, array);
  EXPECT_EQ(test_support::failure_of<muster::WorkerDiedError>(future).term_signal(), SIGSEGV);
  EXPECT_EQ(array[0], 1);
}

TEST(SharedArray, OnThreadsIsTheSameObject) {
  muster::ThreadPoolExecutor pool({.max_workers = 1});
  const auto array = numbers(10);
  EXPECT_EQ(pool.submit(sum, array).result(), 45);
}

TEST(SharedArray, InAnExceptionIsRefused) {
  alignas(64) std::byte bytes[256];
  muster::Encoder out(bytes, bytes + sizeof(bytes));
  EXPECT_THROW(out.write(numbers(3)), muster::EncodingError);
}

// The worker has its mapping still; what it maps is empty.
TEST(SharedArray, IsFreedWithTheLastHandleThoughAWorkerHasSeenIt) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  {
    const auto array = numbers(kLarge);
    pool.submit(sum, array).result();
    EXPECT_GE(bytes_of_arrays(worker), kLarge * sizeof(double));
  }
  EXPECT_EQ(bytes_of_arrays(worker), 0U);
  EXPECT_EQ(bytes_of_arrays(::getpid()), 0U);
}

TEST(SharedArray, ThatAWorkerKeepsLivesThere) {
  ProcessPoolExecutor pool({.max_workers = 1});
  static std::optional<SharedArray<double>> kept;
  pool.submit([](SharedArray<double> a) { kept = a; }, numbers(kLarge)).result();
  EXPECT_EQ(pool.submit([] { return (*kept)[kLarge - 1]; }).result(), kLarge - 1);
  wait_until_freed(::getpid());
}

TEST(SharedArray, OfAResultThatNobodyReadsIsFreed) {
  ProcessPoolExecutor pool({.max_workers = 1});
  for (int i = 0; i < 3; ++i) {
    auto made = pool.submit(numbers, kLarge);
    muster::wait(std::vector{made});
  }
  EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
  EXPECT_EQ(bytes_of_arrays(::getpid()), 0U);
}

TEST(SharedArray, ThatGoesInAndOutLivesWhenTheClientKeepsNone) {
  ProcessPoolExecutor pool({.max_workers = 1});
  for (int i = 0; i < 100; ++i) {
    auto back = pool.submit([](SharedArray<double> a) { return a; }, numbers(100));
    ASSERT_EQ(back.result()[99], 99);
  }
  wait_until_freed(::getpid());
}

TEST(SharedArray, ThatAWorkerLetsGoInAResultLivesThere) {
  ProcessPoolExecutor pool({.max_workers = 1});
  static std::optional<SharedArray<double>> kept;
  for (int i = 0; i < 100; ++i) {
    pool.submit([](SharedArray<double> a) { kept = a; }, numbers(100)).result();
    auto back = pool.submit([] { return *std::exchange(kept, std::nullopt); });
    ASSERT_EQ(back.result()[99], 99);
  }
}

// The worker has it as an argument, too, and keeps that mapping.
TEST(SharedArray, OfAWorkerIsFreedWithTheLastHandle) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  {
    const auto array = pool.submit(numbers, kLarge).result();
    EXPECT_EQ(pool.submit(sum, array).result(), sum(array));
    EXPECT_GE(bytes_of_arrays(worker), kLarge * sizeof(double));
  }
  EXPECT_EQ(bytes_of_arrays(worker), 0U);
}

// However many there are: those that wait for somebody to ask take no room from those that come.
TEST(SharedArray, OfMoreResultsThanFindRoomAtOnceAllArrive) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{700, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  {
    ProcessPoolExecutor pool({.max_workers = 1});
    std::vector<muster::Future<SharedArray<double>>> made;
    for (int i = 0; i < 500; ++i) made.push_back(pool.submit(numbers, 10));
    pool.submit([] {}).result();
    for (; !made.empty(); made.pop_back()) EXPECT_EQ(made.back().result()[9], 9);
    for (int i = 0; i < 500; ++i) pool.submit(numbers, 10);
    EXPECT_EQ(pool.submit(numbers, 10).result()[9], 9);
    const auto parts = pool.submit([] {
      const auto whole = numbers(1000);
      std::vector<SharedArray<double>> all;
      for (std::size_t i = 0; i < 1000; ++i) all.push_back(whole.subarray(i, 1));
      all.push_back(numbers(7));
      return all;
    });
    EXPECT_EQ(parts.result()[999][0], 999);
    EXPECT_EQ(parts.result()[1000][6], 6);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(SharedArray, OfResultsThatNobodyWantsAreFreedInAPoolThatHasNothingToDo) {
  ProcessPoolExecutor pool({.max_workers = 2});
  for (int i = 0; i < 200; ++i) pool.submit(numbers, 1000);
  wait_until_freed(::getpid());
  for (const pid_t worker : pool.worker_pids()) wait_until_freed(worker);
}

TEST(SharedArray, GoneFromAPoolThatBrokeIsFreedBeforeThePoolIs) {
  ProcessPoolExecutor pool({.max_workers = 1});
  pool.submit(numbers, kLarge);  // nobody wants it
  auto argument = numbers(kLarge);
  auto dies = pool.submit([](SharedArray<double>) { std::abort(); }, argument);
  auto behind = pool.submit(sum, std::exchange(argument, {}));
  EXPECT_THROW(dies.result(), muster::BrokenProcessPool);
  EXPECT_THROW(behind.result(), muster::BrokenProcessPool);
  wait_until_freed(::getpid());
}

// Each is opened and mapped once, however often it is named.
TEST(SharedArray, InManyPartsTakesOneDescriptorInTheWorker) {
  ProcessPoolExecutor pool({.max_workers = 1});
  std::vector<SharedArray<double>> parts;
  for (int i = 0; i < 100; ++i) {
    const auto whole = numbers(10);
    for (std::size_t p = 0; p < 5; ++p) parts.push_back(whole.subarray(2 * p, 2));
  }
  const auto descriptors = [](const std::vector<SharedArray<double>>& all) {
    return all.empty() ? 0 : test_support::open_memfds(::getpid(), "muster:array").size();
  };
  EXPECT_EQ(pool.submit(descriptors, parts).result(), 100U);
  EXPECT_EQ(pool.submit(sum, parts[499]).result(), 17);
}

SharedArray<double> inherited;

// What a worker has by fork is a handle as any other.
TEST(SharedArray, ThatWorkersInheritedLivesThere) {
  MUSTER_NEEDS_FORK("the client's arrays without being sent them");
  inherited = numbers(100);
  ProcessPoolExecutor pool({.max_workers = 1});
  inherited = {};
  EXPECT_EQ(pool.submit([] { return inherited[99]; }).result(), 99);
  // One that is kept in the place of an inherited one counts, too.
  pool.submit([](SharedArray<double> a) { inherited = a; }, numbers(50)).result();
  EXPECT_EQ(pool.submit([] { return inherited[49]; }).result(), 49);
}

// That it comes back in a result does not make it new.
TEST(SharedArray, ThatWorkersInheritedLivesThereWhenItWasAResult) {
  MUSTER_NEEDS_FORK("the client's arrays without being sent them");
  inherited = numbers(100);
  ProcessPoolExecutor pool({.max_workers = 1});
  inherited = {};
  EXPECT_EQ(pool.submit([] { return inherited; }).result()[99], 99);
  EXPECT_EQ(pool.submit([] { return inherited[99]; }).result(), 99);
}

TEST(SharedArray, ThatALaterPoolInheritedLivesThereWhenItWasAResult) {
  MUSTER_NEEDS_FORK("the client's arrays without being sent them");
  static std::optional<SharedArray<double>> kept;
  ProcessPoolExecutor one({.max_workers = 1});
  inherited = numbers(100);
  ProcessPoolExecutor two({.max_workers = 1});
  one.submit([](SharedArray<double> a) { kept = a; }, std::exchange(inherited, {})).result();
  EXPECT_EQ(one.submit([] { return *std::exchange(kept, std::nullopt); }).result()[99], 99);
  EXPECT_EQ(two.submit([] { return inherited[99]; }).result(), 99);
}

TEST(SharedArray, LivesInTheClientThoughAWorkersOwnPoolReturnsIt) {
  static std::optional<ProcessPoolExecutor> inner;
  static std::optional<SharedArray<double>> kept;
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto array = numbers(100);
  pool.submit(
          [](SharedArray<double> a) {
            inner.emplace(muster::ProcessPoolOptions{.max_workers = 1});
            inner->submit([](SharedArray<double> b) { kept = b; }, a).result();
          },
          array)
      .result();
  // More than the worker keeps mappings of.
  std::vector<SharedArray<double>> others;
  for (int i = 0; i < 100; ++i) others.push_back(numbers(10));
  pool.submit([](const std::vector<SharedArray<double>>& all) { return all.size(); }, others)
      .result();
  pool.submit([] { inner->submit([] { return *std::exchange(kept, std::nullopt); }).result(); })
      .result();
  EXPECT_EQ(array[99], 99);
  pool.submit([] { inner.reset(); }).result();
}

// A pool that a task has made may keep it.
TEST(SharedArray, ThatAWorkerOfAWorkersPoolKeepsLivesThere) {
  ProcessPoolExecutor pool({.max_workers = 1});
  static std::optional<ProcessPoolExecutor> inner;
  static std::optional<SharedArray<double>> kept;
  pool.submit(
          [](SharedArray<double> a) {
            inner.emplace(muster::ProcessPoolOptions{.max_workers = 1});
            inner->submit([](SharedArray<double> b) { kept = b; }, a).result();
          },
          numbers(100))
      .result();
  const double last =
      pool.submit([] { return inner->submit([] { return (*kept)[99]; }).result(); }).result();
  EXPECT_EQ(last, 99);
  pool.submit([] { inner.reset(); }).result();
}

// A child has copies of the handles.
TEST(SharedArray, LivesInAChildThatTheProgramForked) {
  ProcessPoolExecutor pool({.max_workers = 1});
  std::optional<SharedArray<double>> array = numbers(1000);
  pool.submit(sum, *array).result();
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    const bool told = ::read(go[0], &byte, 1) == 1;
    ::_exit(told && (*array)[999] == 999 ? 0 : 1);
  }
  array.reset();
  ASSERT_EQ(::write(go[1], "g", 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ::close(go[0]);
  ::close(go[1]);
}

}  // namespace
