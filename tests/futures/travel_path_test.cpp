// From submit and map to bytes and back, without another process.

#include <list>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/as_completed.hpp>
#include <muster/codec.hpp>
#include <muster/promise.hpp>

#include "futures/loopback_pool.hpp"
#include "support/watchdog.hpp"

namespace {

using test_support::LoopbackPool;

// Cannot be encoded, or decoded, where it is told so.
struct Stubborn {
  Stubborn(int n, bool encodes = true, bool decodes = true)
      : number(n), can_encode(encodes), can_decode(decodes) {}
  // Not trivially copyable, so that it travels by its Codec.
  Stubborn(const Stubborn& other) = default;
  Stubborn& operator=(const Stubborn&) = delete;
  ~Stubborn() {}

  int number;
  bool can_encode;
  bool can_decode;
};

}  // namespace

template <>
struct muster::Codec<Stubborn> {
  static void encode(Encoder& out, const Stubborn& value) {
    out.write(value.number);
    if (!value.can_encode) throw muster::EncodingError("will not be encoded");
    out.write(value.can_decode);
  }
  static Stubborn decode(Decoder& in) {
    const auto number = in.read<int>();
    if (!in.read<bool>()) throw muster::EncodingError("will not be decoded");
    return Stubborn(number);
  }
};

namespace {

int twice(int x) { return 2 * x; }

TEST(TravelPath, SendsSmallTasksWithoutASpec) {
  LoopbackPool pool;
  EXPECT_EQ(pool.submit(&twice, 21).result(), 42);
  EXPECT_EQ(pool.submit([](int a, double b) { return a * b; }, 3, 1.5).result(), 4.5);
  EXPECT_EQ(pool.small, 2U);
  EXPECT_EQ(pool.large, 0U);
  EXPECT_EQ(pool.kept, 0U);  // an int is copied at once
}

TEST(TravelPath, DecodesOtherResultsOnceAndGivesTheirBytesBack) {
  LoopbackPool pool;
  auto future = pool.submit([](std::string text) { return text + "!"; }, std::string(100, 'x'));
  EXPECT_EQ(pool.large, 1U);
  pool.run_all();
  EXPECT_TRUE(future.done());
  EXPECT_EQ(pool.kept, 1U);
  EXPECT_EQ(pool.released, 0U);
  const std::string* first = &future.result();
  EXPECT_EQ(first->size(), 101U);
  EXPECT_EQ(&future.result(), first);
  EXPECT_EQ(pool.released, 1U);
}

TEST(TravelPath, GivesTheBytesBackOfAResultThatNobodyReads) {
  LoopbackPool pool;
  {
    auto future = pool.submit([] { return std::string("unread"); });
    pool.run_all();
  }
  {
    auto discarded_before_it_ran = pool.submit([] { return std::string("unread"); });
  }
  pool.run_all();
  EXPECT_EQ(pool.kept, 2U);
  EXPECT_EQ(pool.released, 2U);
}

TEST(TravelPath, BringsExceptionsBack) {
  LoopbackPool pool;
  auto future = pool.submit([](int x) -> int { throw std::out_of_range(std::to_string(x)); }, 7);
  EXPECT_THROW(future.result(), std::out_of_range);
  EXPECT_NE(future.exception(), nullptr);
  EXPECT_EQ(to_string(future), "<Future state=finished raised std::out_of_range>");
}

TEST(TravelPath, FailsTheFutureWhereAnArgumentCannotBeEncoded) {
  LoopbackPool pool;
  auto future = pool.submit([](const Stubborn& s) { return s.number; }, Stubborn(1, false));
  EXPECT_THROW(future.result(), muster::EncodingError);
  EXPECT_EQ(pool.submit(&twice, 1).result(), 2);
}

TEST(TravelPath, FailsTheFutureWhereTheResultCannotBeDecoded) {
  LoopbackPool pool;
  auto future = pool.submit([] { return Stubborn(1, true, false); });
  EXPECT_THROW(future.result(), muster::EncodingError);
  EXPECT_THROW(future.result(), muster::EncodingError);
  EXPECT_EQ(pool.released, 1U);
}

TEST(TravelPath, ThrowsFromSubmitWhatThePoolThrows) {
  LoopbackPool pool;
  pool.shutdown({});
  EXPECT_THROW(pool.submit(&twice, 1), muster::ShutdownError);
  EXPECT_THROW(pool.submit([](std::string s) { return s; }, "long"), muster::ShutdownError);
}

TEST(TravelPath, TriesToSubmit) {
  LoopbackPool pool;
  EXPECT_EQ(pool.try_submit(&twice, 4)->result(), 8);
  pool.full = true;
  EXPECT_FALSE(pool.try_submit(&twice, 4).has_value());
  EXPECT_FALSE(pool.try_submit({.name = "named"}, &twice, 4).has_value());
  EXPECT_EQ(pool.submit(&twice, 4).result(), 8);
}

TEST(TravelPath, MapsInChunks) {
  LoopbackPool pool;
  const std::vector<int> numbers = {1, 2, 3, 4, 5, 6, 7};
  std::vector<int> results;
  for (const int x : pool.map({.chunksize = 3}, &twice, numbers)) results.push_back(x);
  EXPECT_EQ(results, (std::vector<int>{2, 4, 6, 8, 10, 12, 14}));
  EXPECT_EQ(pool.chunks, (std::vector<std::uint32_t>{3, 3, 1}));
}

TEST(TravelPath, MapsItemsThatDifferInSize) {
  LoopbackPool pool;
  std::string joined;
  for (const std::string& text : pool.map(
           {.chunksize = 2}, [](std::string s, int n) { return s + std::to_string(n); },
           std::list<std::string>{"a", "bb", "ccc"}, std::vector<int>{1, 22, 333}))
    joined += text + " ";
  EXPECT_EQ(joined, "a1 bb22 ccc333 ");
}

TEST(TravelPath, MapsFunctionsThatReturnNothing) {
  LoopbackPool pool;
  int items = 0;
  for ([[maybe_unused]] auto&& nothing : pool.map(
           {.chunksize = 4}, [](int) {}, std::vector<int>(10)))
    ++items;
  EXPECT_EQ(items, 10);
}

TEST(TravelPath, KeepsOutcomesOfItemsApartInAChunk) {
  LoopbackPool pool;
  std::vector<Stubborn> inputs;
  for (int i = 0; i < 8; ++i) inputs.emplace_back(i, i != 2, i != 5);
  const auto task = [](const Stubborn& s) {
    if (s.number == 6) throw std::domain_error("six");
    return s.number;
  };
  std::string seen;
  for (auto&& outcome : pool.map({.chunksize = 8}, task, inputs).outcomes())
    seen += outcome.has_value() ? std::to_string(outcome.value()) : "x";
  EXPECT_EQ(seen, "01x34xx7");
  // What could not be encoded began, and was, a chunk of its own that never left.
  EXPECT_EQ(pool.chunks, (std::vector<std::uint32_t>{2, 5}));
}

TEST(TravelPath, FailsTheItemsOfAChunkWhoseResultIsDamaged) {
  LoopbackPool pool;
  pool.damage = [](const test_support::Task&, std::vector<std::byte>& bytes) {
    for (std::byte& b : bytes) b = std::byte{0xAB};
  };
  for (auto&& outcome : pool.map({.chunksize = 2}, &twice, std::vector<int>{1, 2}).outcomes()) {
    ASSERT_FALSE(outcome.has_value());
    EXPECT_THROW(static_cast<void>(outcome.value()), muster::EncodingError);
  }
}

TEST(TravelPath, MapsInTheOrderOfCompletion) {
  LoopbackPool pool;
  int sum = 0;
  for (auto&& [index, result] :
       pool.map_unordered({.chunksize = 3, .buffersize = 6}, &twice, std::vector<int>(20, 1)))
    sum += result + static_cast<int>(index);
  EXPECT_EQ(sum, 20 * 2 + 190);
}

TEST(TravelPath, IsWatchedByAsCompleted) {
  LoopbackPool pool;
  std::vector<muster::Future<int>> futures;
  for (int i = 0; i < 5; ++i) futures.push_back(pool.submit(&twice, i));
  int sum = 0;
  for (auto future : muster::as_completed(futures)) sum += future.result();
  EXPECT_EQ(sum, 20);
}

TEST(TravelPath, CancelsWhatHasNotStarted) {
  LoopbackPool pool;
  auto future = pool.submit(&twice, 1);
  EXPECT_TRUE(future.cancel());
  EXPECT_TRUE(future.cancelled());
  EXPECT_THROW(future.result(), muster::CancelledError);
}

}  // namespace
