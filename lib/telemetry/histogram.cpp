#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <muster/histogram.hpp>

#include "lib/telemetry/histogram_buckets.hpp"

namespace muster {

namespace {

using Buckets = detail::HistogramBuckets;

double middle(std::size_t index) {
  // Of whole numbers: a bucket of one number has that in its middle.
  return (static_cast<double>(Buckets::low(index)) +
          static_cast<double>(Buckets::low(index + 1) - 1)) /
         2;
}

}  // namespace

LatencyHistogram::LatencyHistogram(std::vector<std::uint64_t> counts, double ns_per_unit)
    : counts_(std::move(counts)), ns_per_unit_(ns_per_unit) {
  counts_.resize(std::min(counts_.size(), Buckets::kCount));
  while (!counts_.empty() && counts_.back() == 0) counts_.pop_back();
  for (const std::uint64_t count : counts_) total_ += count;
}

Duration LatencyHistogram::nanoseconds(double ns) {
  constexpr auto kMost = static_cast<double>(std::numeric_limits<std::int64_t>::max());
  if (ns >= kMost) return std::chrono::nanoseconds(std::numeric_limits<std::int64_t>::max());
  return std::chrono::nanoseconds(std::llround(ns));
}

Duration LatencyHistogram::quantile(double q) const {
  if (total_ == 0) return {};
  const double before = std::clamp(q, 0.0, 1.0) * static_cast<double>(total_);
  double passed = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    last = i;
    passed += static_cast<double>(counts_[i]);
    if (passed > before) break;
  }
  return nanoseconds(middle(last) * ns_per_unit_);
}

double LatencyHistogram::sum() const {
  double sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0) sum += static_cast<double>(counts_[i]) * middle(i);
  }
  return sum * ns_per_unit_;
}

Duration LatencyHistogram::mean() const {
  return total_ == 0 ? Duration() : nanoseconds(sum() / static_cast<double>(total_));
}

Duration LatencyHistogram::max() const {
  if (counts_.empty()) return {};
  return nanoseconds(static_cast<double>(Buckets::low(counts_.size())) * ns_per_unit_);
}

std::uint64_t LatencyHistogram::count_below(Duration limit) const {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (nanoseconds(middle(i) * ns_per_unit_) >= limit) break;
    below += counts_[i];
  }
  return below;
}

std::vector<LatencyHistogram::Bucket> LatencyHistogram::buckets() const {
  std::vector<Bucket> buckets;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    buckets.push_back({nanoseconds(static_cast<double>(Buckets::low(i)) * ns_per_unit_),
                       nanoseconds(static_cast<double>(Buckets::low(i + 1)) * ns_per_unit_),
                       counts_[i]});
  }
  return buckets;
}

LatencyHistogram& LatencyHistogram::operator+=(const LatencyHistogram& other) {
  if (empty()) return *this = other;
  if (counts_.size() < other.counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  total_ += other.total_;
  return *this;
}

LatencyHistogram LatencyHistogram::since(const LatencyHistogram& earlier) const {
  std::vector<std::uint64_t> counts = counts_;
  const std::size_t known = std::min(counts.size(), earlier.counts_.size());
  for (std::size_t i = 0; i < known; ++i) counts[i] -= std::min(counts[i], earlier.counts_[i]);
  return {std::move(counts), ns_per_unit_};
}

}  // namespace muster
