// Values that many tasks read: encoded once, decoded once in each worker, freed with the last
// handle.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using muster::ProcessPoolExecutor;
using muster::Shared;
using muster::SharedArray;
using test_support::failure_of;
using test_support::SharedCounter;

// How often, in all processes, it was encoded and decoded, and how many of those that were decoded
// are gone.
struct Counts {
  SharedCounter encoded;
  SharedCounter decoded;
  SharedCounter destroyed;
};

class Model {
 public:
  Model(Counts counts, std::vector<int> values, bool was_decoded = false)
      : weights(std::move(values)), counts_(counts), was_decoded_(was_decoded) {}
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  ~Model() {
    if (was_decoded_) counts_.destroyed.add(1);
  }

  const Counts& counts() const { return counts_; }

  std::vector<int> weights;

 private:
  Counts counts_;
  bool was_decoded_;
};

struct CannotBeEncoded {
  ~CannotBeEncoded() {}
};
struct CannotBeDecoded {
  ~CannotBeDecoded() {}
};
struct ReadsLess {
  ~ReadsLess() {}
};

}  // namespace

template <>
struct muster::Codec<Model> {
  static void encode(Encoder& out, const Model& model) {
    model.counts().encoded.add(1);
    out.write(model.counts());
    out.write(model.weights);
  }
  static Model decode(Decoder& in) {
    const auto counts = in.read<Counts>();
    counts.decoded.add(1);
    return Model(counts, in.read<std::vector<int>>(), true);
  }
};
template <>
struct muster::Codec<CannotBeEncoded> {
  static void encode(Encoder&, const CannotBeEncoded&) { throw std::domain_error("not this one"); }
  static CannotBeEncoded decode(Decoder&) { return {}; }
};
template <>
struct muster::Codec<CannotBeDecoded> {
  static void encode(Encoder&, const CannotBeDecoded&) {}
  static CannotBeDecoded decode(Decoder&) { throw std::domain_error("unreadable"); }
};
template <>
struct muster::Codec<ReadsLess> {
  static void encode(Encoder& out, const ReadsLess&) { out.write(std::string("more")); }
  static ReadsLess decode(Decoder&) { return {}; }
};

namespace {

int weight(const Shared<Model>& model, std::size_t index) { return model->weights.at(index); }

TEST(Shared, IsEncodedOnceAndDecodedOnceInEachWorker) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const Counts counts;
  const auto model = pool.share(Model(counts, {7, 8, 9}));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(pool.submit(weight, model, 1).result(), 8);
  EXPECT_EQ(counts.encoded.value(), 1);
  EXPECT_EQ(counts.decoded.value(), 1);
  // The client has given its own away.
  EXPECT_EQ(model->weights.at(2), 9);
  EXPECT_EQ((*model).weights.at(0), 7);
  EXPECT_EQ(counts.decoded.value(), 2);
}

TEST(Shared, TravelsWithEachItemOfAMap) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const Counts counts;
  const std::vector<Shared<Model>> models(100, pool.share(Model(counts, {3, 4})));
  const std::vector<std::size_t> indices(100, 1);
  int sum = 0;
  for (const int each : pool.map(weight, models, indices)) sum += each;
  EXPECT_EQ(sum, 400);
  EXPECT_LE(counts.decoded.value(), 2);
}

TEST(Shared, TravelsWithinOtherValuesAndToOtherPools) {
  ProcessPoolExecutor one({.max_workers = 1});
  ProcessPoolExecutor other({.max_workers = 1});
  const auto names = one.share(std::map<std::string, int>{{"a", 1}, {"b", 2}});
  const auto find = [](const std::pair<Shared<std::map<std::string, int>>, std::string>& what) {
    return what.first->at(what.second);
  };
  EXPECT_EQ(one.submit(find, std::pair(names, std::string("b"))).result(), 2);
  EXPECT_EQ(other.submit(find, std::pair(names, std::string("a"))).result(), 1);
}

TEST(Shared, OutlivesThePoolAndItsHandleItsTasks) {
  Shared<std::string> text;
  {
    ProcessPoolExecutor pool({.max_workers = 1});
    text = pool.share(std::string("long lived"));
  }
  EXPECT_EQ(*text, "long lived");
  ProcessPoolExecutor pool({.max_workers = 1});
  const test_support::SharedGate gate;
  auto first = pool.submit([gate] { gate.wait(); });
  auto size =
      pool.submit([](const Shared<std::string>& s) { return s->size(); }, std::exchange(text, {}));
  gate.open();
  EXPECT_EQ(size.result(), 10U);
}

TEST(Shared, IsLetGoByAWorkerThatHasNothingToDo) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const Counts counts;
  {
    const auto value = pool.share(Model(counts, {1}));
    for (int i = 0; i < 4; ++i) pool.submit(weight, value, 0).result();
  }
  counts.destroyed.wait_at_least(counts.decoded.value());
}

TEST(Shared, IsLetGoByAWorkerBeforeItsNextTask) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const Counts counts;
  const test_support::SharedGate gate;
  auto value = pool.share(Model(counts, {1}));
  pool.submit(weight, value, 0).result();
  // While it is busy.
  const auto busy = pool.submit([gate] { gate.wait(); });
  const auto destroyed = pool.submit([counts] { return counts.destroyed.value(); });
  value = {};
  gate.open();
  EXPECT_EQ(destroyed.result(), 1);
}

TEST(Shared, IsDecodedAnewByAReplacement) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = muster::OnWorkerDeath::replace});
  const Counts counts;
  const auto model = pool.share(Model(counts, {1, 2}));
  EXPECT_EQ(pool.submit(weight, model, 0).result(), 1);
  EXPECT_THROW(pool.submit(test_support::end_worker, test_support::End::killed).result(),
               muster::WorkerDiedError);
  EXPECT_EQ(pool.submit(weight, model, 1).result(), 2);
  EXPECT_EQ(counts.decoded.value(), 2);
}

TEST(Shared, OfATaskIsItsResult) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto pass_on = [](const Shared<std::vector<int>>& values) { return values; };
  const auto values = pool.share(std::vector<int>{5, 6});
  const auto back = pool.submit(pass_on, values).result();
  EXPECT_EQ(*back, (std::vector<int>{5, 6}));
  EXPECT_EQ(*pool.submit(pass_on, back).result(), *back);
}

TEST(Shared, MayHoldSharedArrays) {
  ProcessPoolExecutor pool({.max_workers = 1});
  Shared<std::vector<SharedArray<int>>> arrays;
  {
    const std::vector<SharedArray<int>> own{SharedArray<int>::from(std::vector<int>{1, 2}),
                                            SharedArray<int>::from(std::vector<int>{3, 4})};
    arrays = pool.share(own);
  }
  const auto last = [](const Shared<std::vector<SharedArray<int>>>& all) { return all->at(1)[1]; };
  EXPECT_EQ(pool.submit(last, arrays).result(), 4);
  EXPECT_EQ(arrays->at(0)[1], 2);
  const auto same =
      pool.submit([](Shared<std::vector<SharedArray<int>>> all) { return all; }, arrays).result();
  same->at(0)[1] = 9;
  EXPECT_EQ(arrays->at(0)[1], 9);
}

// Of those that only the Shared holds nothing is left in a worker, whether it was busy then or not.
TEST(Shared, ThatHoldsSharedArraysIsLetGoWithThem) {
  ProcessPoolExecutor pool({.max_workers = 1});
  using Arrays = std::vector<muster::SharedArray<int>>;
  const auto first = [](const Shared<Arrays>& arrays) { return arrays->at(0)[0]; };
  const pid_t worker = pool.worker_pids().at(0);
  const auto arrays = [worker] { return test_support::open_memfds(worker, "muster:array").size(); };
  const test_support::SharedGate gate;
  auto shared = pool.share(Arrays{muster::SharedArray<int>(10)});
  EXPECT_EQ(pool.submit(first, shared).result(), 0);
  const auto busy = pool.submit([gate] { gate.wait(); });
  shared = {};
  gate.open();
  busy.result();
  EXPECT_EQ(pool.submit(arrays).result(), 0U);

  shared = pool.share(Arrays{muster::SharedArray<int>(10)});
  EXPECT_EQ(pool.submit(first, shared).result(), 0);
  shared = {};
  while (arrays() != 0) std::this_thread::yield();
}

TEST(Shared, OnThreadsIsTheValueItself) {
  muster::ThreadPoolExecutor pool({.max_workers = 2});
  // Whether it could travel or not.
  const auto shared = pool.share(std::make_unique<std::mutex>());
  const auto address = [](const Shared<std::unique_ptr<std::mutex>>& s) { return s->get(); };
  EXPECT_EQ(pool.submit(address, shared).result(), shared->get());
}

TEST(Shared, ThroughExecutorIsWhatThePoolBehindItMakes) {
  muster::ThreadPoolExecutor threads({.max_workers = 1});
  ProcessPoolExecutor processes({.max_workers = 1});
  for (muster::Executor* pool : std::initializer_list<muster::Executor*>{&threads, &processes}) {
    const auto text = pool->share(std::string("both"));
    EXPECT_EQ(pool->submit([](const Shared<std::string>& s) { return s->size(); }, text).result(),
              4U);
  }
}

TEST(Shared, OfThreadsCanBeGivenToProcesses) {
  muster::ThreadPoolExecutor threads({.max_workers = 1});
  ProcessPoolExecutor processes({.max_workers = 1});
  const auto text = threads.share(std::string("later"));
  EXPECT_EQ(processes.submit([](const Shared<std::string>& s) { return *s + "!"; }, text).result(),
            "later!");
}

TEST(Shared, OfNothingSaysSo) {
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_FALSE(Shared<int>());
  EXPECT_THROW(Shared<int>().get(), muster::InvalidStateError);
  EXPECT_FALSE(pool.submit([](const Shared<int>& s) { return static_cast<bool>(s); }, Shared<int>())
                   .result());
}

TEST(Shared, ThatCannotBeEncodedIsRefusedAtOnce) {
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_THROW(static_cast<void>(pool.share(CannotBeEncoded())), std::domain_error);
}

TEST(Shared, ThatCannotBeDecodedFailsItsTask) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto shared = pool.share(CannotBeDecoded());
  const auto future = pool.submit([](const Shared<CannotBeDecoded>&) { return 1; }, shared);
  EXPECT_STREQ(failure_of<std::domain_error>(future).what(), "unreadable");
  EXPECT_THROW(static_cast<void>(shared.get()), std::domain_error);
  EXPECT_EQ(pool.submit([] { return 2; }).result(), 2);
}

TEST(Shared, OfAnEncoderAndADecoderThatDisagreeFailsItsTask) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto future =
      pool.submit([](const Shared<ReadsLess>&) { return 1; }, pool.share(ReadsLess()));
  const std::string what = failure_of<muster::EncodingError>(future).what();
  EXPECT_NE(what.find("bytes were left over"), std::string::npos) << what;
}

}  // namespace
