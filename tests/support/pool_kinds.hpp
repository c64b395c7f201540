#pragma once

// Typed tests that run for both pools, and for both behind Executor&.
//
//   template <class Pool> class BothPools : public testing::Test {};
//   TYPED_TEST_SUITE(BothPools, test_support::Pools, test_support::PoolNames);
//   TYPED_TEST(BothPools, DoesThis) { auto pool = test_support::make_pool<TypeParam>(2); ... }

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

namespace test_support {

template <class Pool>
struct OptionsOf;
template <>
struct OptionsOf<muster::ThreadPoolExecutor> {
  using type = muster::ThreadPoolOptions;
};
template <>
struct OptionsOf<muster::ProcessPoolExecutor> {
  using type = muster::ProcessPoolOptions;
};

template <class Pool>
inline constexpr bool kIsProcessPool = std::is_same_v<Pool, muster::ProcessPoolExecutor>;

template <class Pool>
typename OptionsOf<Pool>::type pool_options(std::size_t workers) {
  typename OptionsOf<Pool>::type options;
  options.max_workers = workers;
  return options;
}

template <class Pool>
Pool make_pool(std::size_t workers) {
  return Pool(pool_options<Pool>(workers));
}

using Pools = testing::Types<muster::ThreadPoolExecutor, muster::ProcessPoolExecutor>;

struct PoolNames {
  template <class Pool>
  static std::string GetName(int) {
    return kIsProcessPool<Pool> ? "Processes" : "Threads";
  }
};

// A pool seen as itself, or through the base that both have.
template <class P>
struct Direct {
  using Pool = P;
  using View = P;
};
template <class P>
struct ThroughExecutor {
  using Pool = P;
  using View = muster::Executor;
};

using PoolViews =
    testing::Types<Direct<muster::ThreadPoolExecutor>, Direct<muster::ProcessPoolExecutor>,
                   ThroughExecutor<muster::ThreadPoolExecutor>,
                   ThroughExecutor<muster::ProcessPoolExecutor>>;

struct PoolViewNames {
  template <class Kind>
  static std::string GetName(int) {
    const std::string pool = PoolNames::GetName<typename Kind::Pool>(0);
    return std::is_same_v<typename Kind::View, muster::Executor> ? pool + "ThroughExecutor" : pool;
  }
};

// Owns the pool of a test; view() is what the test talks to.
template <class Kind>
class PoolOf {
 public:
  using Options = typename OptionsOf<typename Kind::Pool>::type;

  explicit PoolOf(std::size_t workers) : pool_(pool_options<typename Kind::Pool>(workers)) {}
  explicit PoolOf(Options options) : pool_(std::move(options)) {}

  typename Kind::View& view() { return pool_; }
  typename Kind::Pool& pool() { return pool_; }

 private:
  typename Kind::Pool pool_;
};

}  // namespace test_support
