#include "bench/compare/significance.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <numeric>

namespace bench {

namespace {

constexpr std::size_t kMostExact = 25;  // runs a side

// Twice the rank of each value among all, so that the middle of ties is a whole number. First those
// of `one`.
std::vector<std::size_t> doubled_ranks(std::span<const double> one, std::span<const double> other) {
  std::vector<double> values(one.begin(), one.end());
  values.insert(values.end(), other.begin(), other.end());
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<std::size_t> ranks(values.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = begin + 1 + end;
  }
  return ranks;
}

// In how many ways `count` of the ranks can be chosen, by the sum of those chosen.
std::vector<double> ways_by_sum(const std::vector<std::size_t>& ranks, std::size_t count) {
  const std::size_t most = std::accumulate(ranks.begin(), ranks.end(), std::size_t{0});
  std::vector<std::vector<double>> ways(count + 1, std::vector<double>(most + 1));
  ways[0][0] = 1;
  std::size_t reached = 0;  // by the ranks so far
  for (const std::size_t rank : ranks) {
    reached += rank;
    for (std::size_t chosen = count; chosen > 0; --chosen) {
      for (std::size_t sum = rank; sum <= reached; ++sum) {
        ways[chosen][sum] += ways[chosen - 1][sum - rank];
      }
    }
  }
  return std::move(ways[count]);
}

Chance exact_chance(const std::vector<std::size_t>& ranks, std::size_t count) {
  const std::vector<double> ways = ways_by_sum(ranks, count);
  const std::size_t sum =
      std::accumulate(ranks.begin(), ranks.begin() + std::ptrdiff_t(count), std::size_t{0});
  // Ranks add up to count * (all + 1) on average, in halves.
  const std::size_t mean = count * (ranks.size() + 1);
  const auto distance = [&](std::size_t each) { return each > mean ? each - mean : mean - each; };
  std::size_t farthest = 0;
  for (std::size_t each = 0; each < ways.size(); ++each) {
    if (ways[each] > 0) farthest = std::max(farthest, distance(each));
  }
  double all = 0;
  double as_far = 0;
  double at_the_ends = 0;
  for (std::size_t each = 0; each < ways.size(); ++each) {
    all += ways[each];
    if (distance(each) >= distance(sum)) as_far += ways[each];
    if (distance(each) >= farthest) at_the_ends += ways[each];
  }
  return {as_far / all, at_the_ends / all};
}

// Of a sum that lies `distance` from its mean, in either direction.
double normal_chance(double distance, double variance) {
  if (variance <= 0) return 1;
  constexpr double kContinuity = 0.5;
  const double far = std::max(distance - kContinuity, 0.0) / std::sqrt(variance);
  return std::erfc(far / std::numbers::sqrt2);
}

Chance approximate_chance(const std::vector<std::size_t>& ranks, std::size_t count) {
  const auto all = static_cast<double>(ranks.size());
  const auto one = static_cast<double>(count);
  const double other = all - one;
  const double mean = all + 1;  // of a doubled rank
  double squares = 0;
  for (const std::size_t rank : ranks) {
    const double apart = (static_cast<double>(rank) - mean) / 2;
    squares += apart * apart;
  }
  // Of a sum of `count` of the ranks, drawn without putting back; ties make it less.
  const double variance = one * other / (all * (all - 1)) * squares;
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(ranks[i]) / 2;
  return {normal_chance(std::abs(sum - one * mean / 2), variance),
          normal_chance(one * other / 2, variance)};
}

}  // namespace

Chance chance_of(std::span<const double> one, std::span<const double> other) {
  const std::vector<std::size_t> ranks = doubled_ranks(one, other);
  return std::max(one.size(), other.size()) <= kMostExact ? exact_chance(ranks, one.size())
                                                          : approximate_chance(ranks, one.size());
}

double least_chance(std::size_t one, std::size_t other) {
  double ways = 1;
  for (std::size_t i = 1; i <= one; ++i) {
    ways *= static_cast<double>(other + i) / static_cast<double>(i);
  }
  return 2 / ways;
}

std::vector<bool> real_ones(const std::vector<double>& ps, double rate) {
  std::vector<double> sorted = ps;
  std::sort(sorted.begin(), sorted.end());
  double most = -1;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double allowed = rate * static_cast<double>(i + 1) / static_cast<double>(sorted.size());
    if (sorted[i] <= allowed) most = sorted[i];
  }
  std::vector<bool> real;
  for (const double p : ps) real.push_back(p <= most);
  return real;
}

}  // namespace bench
