#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/muster.hpp>

namespace k_means {

struct Problem {
  std::size_t points = 200'000;
  std::size_t dimensions = 8;
  std::size_t clusters = 16;
  std::size_t rounds = 10;
};

// A point after the other, so many coordinates each.
using Points = muster::SharedArray<const double>;

struct Clusters {
  std::vector<double> centres;        // as points
  std::vector<std::uint64_t> counts;  // points that are nearest to each
};

// Around as many random places as there are clusters, the same at each call.
Points random_points(const Problem& problem);

// Lloyd's algorithm: each round, every point goes to the nearest centre, and each centre to the
// mean of its points. It starts from the first points. Each round is a map over parts of the
// points. Workers read points and centres where they are; only their sums travel.
Clusters find(muster::Executor& pool, const Problem& problem, const Points& points);

// The same where workers share no memory with the program: each task is given its points and the
// centres.
Clusters find_by_value(muster::Executor& pool, const Problem& problem,
                       std::span<const double> points);

// The same in a plain loop over all points, and over the same parts by OpenMP.
Clusters find_serially(const Problem& problem, std::span<const double> points);
#ifdef _OPENMP
Clusters find_by_openmp(const Problem& problem, std::span<const double> points, int workers);
#endif

}  // namespace k_means
