// LatencyHistogram and its buckets.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <muster/histogram.hpp>

#include "lib/telemetry/histogram_buckets.hpp"

namespace {

using muster::LatencyHistogram;
using Buckets = muster::detail::HistogramBuckets;

LatencyHistogram histogram_of(const std::vector<std::uint64_t>& values, double ns_per_unit = 1) {
  std::vector<std::uint64_t> counts(Buckets::kCount);
  for (const std::uint64_t value : values) ++counts[Buckets::index(value)];
  return {counts, ns_per_unit};
}

TEST(HistogramBuckets, FollowOneAnotherWithoutAGap) {
  for (std::size_t i = 0; i < Buckets::kCount; ++i) {
    ASSERT_LT(Buckets::low(i), Buckets::low(i + 1));
    ASSERT_EQ(Buckets::index(Buckets::low(i)), i);
    ASSERT_EQ(Buckets::index(Buckets::low(i + 1) - 1), i);
  }
  EXPECT_EQ(Buckets::low(0), 0U);
  EXPECT_EQ(Buckets::low(Buckets::kCount), std::uint64_t{1} << Buckets::kBits);
}

TEST(HistogramBuckets, AreAThirtySecondWideAtMost) {
  for (std::size_t i = Buckets::kLinear; i < Buckets::kCount; ++i) {
    ASSERT_LE((Buckets::low(i + 1) - Buckets::low(i)) * 32, Buckets::low(i));
  }
}

TEST(HistogramBuckets, TakeWhatIsTooLongForTheLast) {
  EXPECT_EQ(Buckets::index(~std::uint64_t{0}), Buckets::kCount - 1);
  EXPECT_EQ(Buckets::index(std::uint64_t{1} << Buckets::kBits), Buckets::kCount - 1);
}

TEST(LatencyHistogram, QuantilesAreWithinTwoPercentOfTheSortedValues) {
  std::mt19937_64 random(17);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 20; ++round) {
    std::lognormal_distribution<double> durations(10 + round * 0.7, 1.5);
    std::vector<std::uint64_t> values(2000);
    for (auto& value : values) value = static_cast<std::uint64_t>(durations(random)) + 1;
    const double ns_per_unit = 0.3 + round * 0.1;
    const LatencyHistogram histogram = histogram_of(values, ns_per_unit);
    std::ranges::sort(values);
    for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999}) {
      const auto at = static_cast<std::size_t>(q * static_cast<double>(values.size()));
      const double exact = static_cast<double>(values[at]) * ns_per_unit;
      const auto told = static_cast<double>(histogram.quantile(q).nanoseconds());
      EXPECT_LE(std::abs(told - exact), 0.016 * exact + 1) << "round " << round << ", " << q;
    }
  }
}

TEST(LatencyHistogram, OfNothingIsNothing) {
  const LatencyHistogram empty;
  EXPECT_TRUE(empty.empty());
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_TRUE(empty.quantile(0.5).is_zero());
  EXPECT_TRUE(empty.mean().is_zero());
  EXPECT_TRUE(empty.max().is_zero());
  EXPECT_TRUE(empty.buckets().empty());
}

TEST(LatencyHistogram, QuantilesOfNonsenseAreThoseOfTheEnds) {
  const LatencyHistogram histogram = histogram_of({10, 20, 30});
  EXPECT_EQ(histogram.quantile(-1), histogram.quantile(0));
  EXPECT_EQ(histogram.quantile(7), histogram.quantile(1));
  EXPECT_EQ(histogram.quantile(1).nanoseconds(), 30);
  EXPECT_EQ(histogram.quantile(0).nanoseconds(), 10);
}

TEST(LatencyHistogram, AddsUp) {
  LatencyHistogram sum = histogram_of({1, 2, 3});
  sum += histogram_of({3, 100'000});
  EXPECT_EQ(sum.count(), 5U);
  EXPECT_EQ(sum.count_below(std::chrono::nanoseconds(3)), 2U);
  EXPECT_EQ(sum.count_below(std::chrono::nanoseconds(4)), 4U);
  EXPECT_EQ(sum.count_below(std::chrono::hours(1)), 5U);
  LatencyHistogram none;
  none += sum;
  EXPECT_EQ(none.count(), 5U);
}

TEST(LatencyHistogram, TellsWhatCameSince) {
  const LatencyHistogram before = histogram_of({1, 2, 3});
  LatencyHistogram after = before;
  after += histogram_of({7, 7});
  const LatencyHistogram since = after.since(before);
  ASSERT_EQ(since.buckets().size(), 1U);
  EXPECT_EQ(since.buckets()[0].count, 2U);
  EXPECT_EQ(since.quantile(0.5).nanoseconds(), 7);
  EXPECT_TRUE(after.since(after).empty());
}

TEST(LatencyHistogram, TakesNoMoreCountsThanThereAreBuckets) {
  const LatencyHistogram histogram(std::vector<std::uint64_t>(2 * Buckets::kCount, 1), 1e300);
  EXPECT_EQ(histogram.count(), Buckets::kCount);
  EXPECT_GT(histogram.max().nanoseconds(), 0);
}

}  // namespace
