// this_worker::local(): objects that a worker makes once and its tasks use again.

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/init.hpp"
#include "support/kept_number.hpp"
#include "support/pool_kinds.hpp"
#include "support/program.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

// In worker_local_elsewhere.cpp.
std::int64_t numbers_elsewhere();

// It has the same names as here: State in the unnamed namespace, and this.
static std::int64_t number_of_lambda() {
  return muster::this_worker::local<std::int64_t>([] { return std::int64_t{10}; });
}

namespace {

using muster::Future;
using muster::InvalidStateError;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using muster::ThreadPoolExecutor;
using muster::this_worker::local;
using test_support::make_pool;
using test_support::SharedCounter;
using test_support::SharedLog;
using Numbers = std::vector<std::int64_t>;

// Notes its number when it is made, and the negative when it is destroyed. It cannot be moved.
class Noted {
 public:
  Noted(SharedLog log, std::int64_t number) : log_(log), number_(number) { log_.add(number_); }
  ~Noted() { log_.add(-number_); }
  Noted(const Noted&) = delete;
  Noted& operator=(const Noted&) = delete;

  int uses = 0;

 private:
  SharedLog log_;
  std::int64_t number_;
};

// A type for each N, so an object for each N.
template <int N>
struct Make {
  SharedLog log;
  Noted operator()() const { return Noted(log, N); }
};

template <class Pool>
class WorkerLocal : public testing::Test {};

TYPED_TEST_SUITE(WorkerLocal, test_support::Pools, test_support::PoolNames);

TYPED_TEST(WorkerLocal, IsMadeOnceInEachWorkerAndUsedAgain) {
  auto pool = make_pool<TypeParam>(2);
  const SharedLog log;
  for (int round = 1; round <= 3; ++round) {
    const SharedCounter met;
    const auto use = [met, log] {
      met.add();
      met.wait_at_least(2);  // so each of the workers has one
      return ++local<Noted>(Make<1>{log}).uses;
    };
    auto one = pool.submit(use);
    auto other = pool.submit(use);
    EXPECT_EQ(one.result(), round);
    EXPECT_EQ(other.result(), round);
  }
  EXPECT_EQ(log.values(), (Numbers{1, 1}));
}

TYPED_TEST(WorkerLocal, IsSharedByTheItemsOfAMap) {
  const SharedLog log;
  int last = 0;
  {
    auto pool = make_pool<TypeParam>(1);
    for (int uses : pool.map([log](int) { return ++local<Noted>(Make<1>{log}).uses; },
                             std::vector<int>(100))) {
      last = uses;
    }
  }
  EXPECT_EQ(last, 100);
  EXPECT_EQ(log.values(), (Numbers{1, -1}));
}

int one() { return 1; }
int two() { return 2; }

TYPED_TEST(WorkerLocal, IsToldFromOthersByItsTypeAndItsFactory) {
  auto pool = make_pool<TypeParam>(1);
  const auto result = pool.submit([] {
    const auto add = [](int& number, int more) { return number += more; };
    // Two lambdas, two functions, no factory, and another type.
    add(local<int>([] { return 10; }), 1);
    add(local<int>([] { return 20; }), 1);
    add(local<int>(one), 100);
    add(local<int>(two), 200);
    add(local<int>(), 7);
    const auto factory = [] { return 30; };
    add(local<int>(factory), 1);
    return std::array<std::int64_t, 6>{
        add(local<int>(factory), 1), add(local<int>(one), 0), add(local<int>(&two), 0),
        add(local<int>(), 0),        local<long>(),           local<int>([] { return 40; })};
  });
  EXPECT_EQ(result.result(), (std::array<std::int64_t, 6>{32, 101, 202, 7, 0, 40}));
}

struct State {
  std::int64_t number = 1;
};

TYPED_TEST(WorkerLocal, IsToldFromThatOfAnotherFileWithTheSameNames) {
  auto pool = make_pool<TypeParam>(1);
  const auto here = [] { return local<State>().number + number_of_lambda(); };
  EXPECT_EQ(pool.submit(here).result(), 11);
  EXPECT_EQ(pool.submit(numbers_elsewhere).result(), 444);
  EXPECT_EQ(pool.submit(here).result(), 11);
}

TYPED_TEST(WorkerLocal, IsSharedWithAModuleByTheTypeOfItsFactory) {
  if (test_support::start_method() == muster::StartMethod::forkserver) {
    GTEST_SKIP() << "the module would have to be open at init()";
  }
  using Function = int (*)(int);
  // It stays: what it has made is destroyed by its code.
  void* const module = ::dlopen(MUSTER_TEST_WORKER_LOCAL_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(module, nullptr) << ::dlerror();
  const auto function = [module](const char* name) {
    return reinterpret_cast<Function>(::dlsym(module, name));
  };
  const Function shared_there = function("muster_test_plugin_add_to_shared");
  const Function own_there = function("muster_test_plugin_add_to_own");
  const Function shared_here = [](int more) {
    return local<test_support::KeptNumber>(test_support::MakesKeptNumber{}).value += more;
  };
  const Function own_here = [](int more) {
    return local<test_support::KeptNumber>([] { return test_support::KeptNumber{2000}; }).value +=
           more;
  };
  auto pool = make_pool<TypeParam>(1);
  EXPECT_EQ(pool.submit(shared_there, 1).result(), 101);
  EXPECT_EQ(pool.submit(shared_here, 2).result(), 103);
  EXPECT_EQ(pool.submit(own_there, 1).result(), 1001);
  EXPECT_EQ(pool.submit(own_here, 1).result(), 2001);
  EXPECT_EQ(pool.submit(own_there, 1).result(), 1002);
  EXPECT_EQ(pool.submit(shared_there, 3).result(), 106);
}

TYPED_TEST(WorkerLocal, IsDestroyedAtShutdownTheLastFirst) {
  auto pool = make_pool<TypeParam>(1);
  const SharedLog log;
  pool.submit([log] { local<Noted>(Make<1>{log}); }).result();
  pool.submit([log] {
        local<Noted>(Make<2>{log});
        local<Noted>(Make<1>{log});
        local<Noted>(Make<3>{log});
      })
      .result();
  EXPECT_EQ(log.values(), (Numbers{1, 2, 3}));
  pool.shutdown();
  EXPECT_EQ(log.values(), (Numbers{1, 2, 3, -3, -2, -1}));
}

TYPED_TEST(WorkerLocal, OutlivesWhatItsFactoryWasUsedFor) {
  auto pool = make_pool<TypeParam>(1);
  const SharedLog log;
  pool.submit([log] {
        local<Noted>([log] {
          local<Noted>(Make<1>{log});
          return Noted(log, 2);
        });
      })
      .result();
  pool.shutdown();
  EXPECT_EQ(log.values(), (Numbers{1, 2, -2, -1}));
}

// Asks for itself the first time.
struct AskingForItself {
  SharedCounter calls;
  int operator()() const { return calls.add() == 1 ? local<int>(AskingForItself{calls}) : 5; }
};

TYPED_TEST(WorkerLocal, CannotBeAskedForByItsOwnFactory) {
  auto pool = make_pool<TypeParam>(1);
  const SharedCounter calls;
  const auto ask = [calls] { return local<int>(AskingForItself{calls}); };
  auto first = pool.submit(ask);
  const auto error = test_support::failure_of<InvalidStateError>(first);
  EXPECT_STREQ(error.what(),
               "this_worker::local() cannot make the worker's object of type int: the factory that "
               "is to make it asks for it");
  EXPECT_EQ(pool.submit(ask).result(), 5);
  EXPECT_EQ(calls.value(), 2);
}

TYPED_TEST(WorkerLocal, IsTriedAgainWhereItsFactoryThrew) {
  auto pool = make_pool<TypeParam>(1);
  const SharedCounter calls;
  const SharedLog log;
  const auto ask = [calls, log] {
    return ++local<Noted>([calls, log] {
               if (calls.add() <= 2) throw std::out_of_range("no connection");
               return Noted(log, 1);
             }).uses;
  };
  for (int i = 0; i < 2; ++i) {
    auto failed = pool.submit(ask);
    EXPECT_STREQ(test_support::failure_of<std::out_of_range>(failed).what(), "no connection");
  }
  EXPECT_EQ(pool.submit(ask).result(), 1);
  EXPECT_EQ(pool.submit(ask).result(), 2);
  EXPECT_EQ(calls.value(), 3);
}

TYPED_TEST(WorkerLocal, MayBeMadeByTheInitializer) {
  const SharedLog log;
  auto options = test_support::pool_options<TypeParam>(1);
  options.initializer = [log] { local<Noted>(Make<1>{log}).uses = 10; };
  {
    TypeParam pool(options);
    EXPECT_EQ(pool.submit([log] { return ++local<Noted>(Make<1>{log}).uses; }).result(), 11);
  }
  EXPECT_EQ(log.values(), (Numbers{1, -1}));
}

TYPED_TEST(WorkerLocal, IsDestroyedWhereTheInitializerThrows) {
  const SharedLog log;
  auto options = test_support::pool_options<TypeParam>(1);
  options.initializer = [log] {
    local<Noted>(Make<1>{log});
    local<Noted>(Make<2>{log});
    throw std::runtime_error("no licence");
  };
  {
    TypeParam pool(options);
    const auto error =
        test_support::as<muster::BrokenExecutor>(test_support::error_of_task(pool, [] {}));
    EXPECT_NE(std::string(error.what()).find("no licence"), std::string::npos) << error.what();
  }
  EXPECT_EQ(log.values(), (Numbers{1, 2, -2, -1}));
}

// What its destructor finds of others.
struct LooksAround {
  SharedLog log;
  Noted& before = local<Noted>(Make<1>{log});
  ~LooksAround() {
    log.add(&local<Noted>(Make<1>{log}) == &before ? 100 : -100);
    for (const bool never_made : {false, true}) {
      try {
        never_made ? local<Noted>(Make<3>{log}) : local<Noted>(Make<2>{log});
      } catch (const InvalidStateError&) {
        log.add(200);
      }
    }
    log.add(static_cast<std::int64_t>(muster::this_worker::index()));
  }
};

TYPED_TEST(WorkerLocal, FindsOnlyThoseMadeBeforeItWhenItIsDestroyed) {
  auto pool = make_pool<TypeParam>(1);
  const SharedLog log;
  pool.submit([log] {
        local<LooksAround>([log] { return LooksAround{log}; });
        local<Noted>(Make<2>{log});
      })
      .result();
  pool.shutdown();
  EXPECT_EQ(log.values(), (Numbers{1, 2, -2, 100, 200, 200, 0, -1}));
}

TYPED_TEST(WorkerLocal, IsThereInTasksOnly) {
  EXPECT_THROW(local<int>(), InvalidStateError);
  auto pool = make_pool<TypeParam>(1);
  const bool refused = pool.submit([] {
                             bool thrown = false;
                             std::thread([&] {
                               try {
                                 local<int>();
                               } catch (const InvalidStateError&) {
                                 thrown = true;
                               }
                             }).join();
                             return thrown;
                           })
                           .result();
  EXPECT_TRUE(refused);
  EXPECT_THROW(local<int>(), InvalidStateError);
}

TYPED_TEST(WorkerLocal, IsAnotherOneInAPoolThatATaskMakes) {
  auto pool = make_pool<TypeParam>(1);
  const SharedLog log;
  const int uses =
      pool.submit([log] {
            local<Noted>(Make<1>{log}).uses = 10;
            ThreadPoolExecutor inner({.max_workers = 1});
            return inner.submit([log] { return ++local<Noted>(Make<1>{log}).uses; }).result();
          })
          .result();
  EXPECT_EQ(uses, 1);
  EXPECT_EQ(log.values(), (Numbers{1, 1, -1}));
}

TEST(WorkerLocalOfProcesses, IsThereInTheFinalizerAndDestroyedAfterIt) {
  const SharedLog log;
  {
    ProcessPoolExecutor pool({.max_workers = 1, .finalizer = [log] {
                                log.add(100 + local<Noted>(Make<1>{log}).uses);
                                local<Noted>(Make<2>{log});  // made here
                              }});
    pool.submit([log] { local<Noted>(Make<1>{log}).uses = 5; }).result();
  }
  EXPECT_EQ(log.values(), (Numbers{1, 105, 2, -2, -1}));
}

TEST(WorkerLocalOfProcesses, IsANewOneAfterMaxTasksPerChild) {
  const SharedLog log;
  {
    ProcessPoolExecutor pool({.max_workers = 1, .max_tasks_per_child = 2});
    std::vector<Future<int>> all;
    for (int i = 0; i < 4; ++i)
      all.push_back(pool.submit([log] { return ++local<Noted>(Make<1>{log}).uses; }));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].result(), i % 2 + 1);
  }
  // The one before is gone when the next is made: a worker's place is taken once it has ended.
  EXPECT_EQ(log.values(), (Numbers{1, -1, 1, -1}));
}

TEST(WorkerLocalOfProcesses, IsANewOneAfterADeathWhichDestroysNothing) {
  const SharedLog log;
  {
    ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
    for (const test_support::End end : {test_support::End::killed, test_support::End::exits_zero}) {
      auto deadly = pool.submit(
          [log](test_support::End how) {
            ++local<Noted>(Make<1>{log}).uses;
            test_support::end_worker(how);
          },
          end);
      test_support::failure_of<muster::WorkerDiedError>(deadly);
    }
    EXPECT_EQ(pool.submit([log] { return ++local<Noted>(Make<1>{log}).uses; }).result(), 1);
    EXPECT_EQ(log.values(), (Numbers{1, 1, 1}));
    pool.kill_workers();
  }
  EXPECT_EQ(log.values(), (Numbers{1, 1, 1}));
}

struct DeadlyWhenDestroyed {
  ~DeadlyWhenDestroyed() { std::abort(); }
};

TEST(WorkerLocalOfProcesses, ThatDiesWhenItIsDestroyedIsToldSo) {
  ProcessPoolExecutor pool({.max_workers = 1, .max_tasks_per_child = 1});
  pool.submit([] { local<DeadlyWhenDestroyed>(); }).result();
  const std::string what =
      test_support::as<muster::BrokenProcessPool>(test_support::error_of_task(pool, [] {})).what();
  EXPECT_NE(what.find("was killed by SIGABRT while it ended, in the destructor of what its tasks "
                      "made by this_worker::local()"),
            std::string::npos)
      << what;
}

TEST(WorkerLocalOfProcesses, MayHoldASharedArray) {
  muster::SharedArray<int> array(1000);
  {
    ProcessPoolExecutor pool({.max_workers = 1});
    struct Marks {
      muster::SharedArray<int> array;
      ~Marks() { array[999] = 7; }
    };
    pool.submit([](muster::SharedArray<int> given) { local<Marks>().array = std::move(given); },
                array)
        .result();
    pool.submit([] { local<Marks>().array[0] = 3; }).result();
    EXPECT_EQ(array[0], 3);
  }
  EXPECT_EQ(array[999], 7);
}

// The program ends after the destructor, also where nobody is left to join the thread.
TEST(WorkerLocalOfThreads, IsDestroyedBeforeTheProgramEnds) {
  const auto end = test_support::Program("destroys_at_exit").wait();
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(end.out, "destroyed\n");
}

}  // namespace
