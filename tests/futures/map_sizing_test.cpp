#include <limits>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include <muster/detail/item_time.hpp>
#include <muster/detail/map_sizing.hpp>
#include <muster/error.hpp>

namespace {

using muster::MapOptions;
using muster::detail::ChunkSizer;
using muster::detail::ItemTime;

constexpr std::optional<double> kUnmeasured;
constexpr std::optional<std::size_t> kUnknown;

TEST(ChunkSizer, DoesAsItIsTold) {
  ChunkSizer sizer(MapOptions{.chunksize = 7}, 2);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(sizer.next(1e-9, 1000), 7U);
}

TEST(ChunkSizer, StaysSmallUntilItKnowsHowLongItemsTake) {
  ChunkSizer sizer(MapOptions{}, 2);
  for (int i = 0; i < 128; ++i) EXPECT_EQ(sizer.next(kUnmeasured, kUnknown), 1U);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(sizer.next(kUnmeasured, kUnknown), 4U);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(sizer.next(kUnmeasured, kUnknown), 16U);
}

TEST(ChunkSizer, BeginsWithShortChunksAndGoesOnWithChunksOfAMillisecond) {
  ChunkSizer sizer(MapOptions{}, 2);
  std::vector<std::size_t> items;
  for (int i = 0; i < 14; ++i) items.push_back(sizer.next(1e-6, kUnknown));
  EXPECT_EQ(items, (std::vector<std::size_t>{50, 50, 100, 100, 200, 200, 400, 400, 800, 800, 1000,
                                             1000, 1000, 1000}));
}

TEST(ChunkSizer, SendsLongItemsSinglyAndShortOnesInMillions) {
  ChunkSizer sizer(MapOptions{}, 1);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sizer.next(1.0, kUnknown), 1U);
  EXPECT_GT(sizer.next(1e-10, kUnknown), 1'000'000U);
}

TEST(ChunkSizer, MakesChunksShorterTowardsTheEndButNotTiny) {
  ChunkSizer sizer(MapOptions{}, 2);
  for (int i = 0; i < 20; ++i) sizer.next(1e-6, kUnknown);
  EXPECT_EQ(sizer.next(1e-6, 1600), 400U);
  EXPECT_EQ(sizer.next(1e-6, 400), 100U);
  EXPECT_EQ(sizer.next(1e-6, 60), 25U);
  EXPECT_EQ(sizer.next(1e-6, 0), 25U);
  EXPECT_EQ(sizer.next(1e-3, 3), 1U);
}

TEST(ChunkSizer, SpreadsABufferOverTheWorkers) {
  ChunkSizer sizer(MapOptions{.buffersize = 40}, 2);
  EXPECT_EQ(sizer.next(1e-9, kUnknown), 10U);
  ChunkSizer small(MapOptions{.buffersize = 2}, 8);
  EXPECT_EQ(small.next(1e-9, kUnknown), 1U);
  ChunkSizer told(MapOptions{.chunksize = 50, .buffersize = 40}, 2);
  EXPECT_EQ(told.next(1e-9, kUnknown), 40U);
}

TEST(ChunkSizer, SendsItemsWithATimeLimitSingly) {
  MapOptions options;
  options.task.task_timeout = std::chrono::seconds(1);
  ChunkSizer sizer(options, 2);
  EXPECT_EQ(sizer.next(1e-9, kUnknown), 1U);
}

TEST(ChunkSizer, RefusesSizesThatWereNegative) {
  constexpr auto kMinusOne = std::numeric_limits<std::size_t>::max();
  EXPECT_THROW(ChunkSizer(MapOptions{.chunksize = kMinusOne}, 1), muster::InvalidArgumentError);
  EXPECT_THROW(ChunkSizer(MapOptions{.buffersize = kMinusOne}, 1), muster::InvalidArgumentError);
}

TEST(ItemTime, IsAMeanInWhichOldMeasurementsFade) {
  ItemTime time;
  EXPECT_FALSE(time.seconds().has_value());
  time.note(1e-6);
  EXPECT_DOUBLE_EQ(*time.seconds(), 1e-6);
  time.note(1e-3);  // a thread that lost its core
  EXPECT_LT(*time.seconds(), 1e-4);
  for (int i = 0; i < 50; ++i) time.note(2e-6);
  EXPECT_NEAR(*time.seconds(), 2e-6, 1e-7);
}

}  // namespace
