#include "clusters.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <utility>

namespace k_means {
namespace {

// More than there are workers, so that they end at about the same time.
constexpr std::size_t kParts = 64;

// Of the points nearest to each centre, added up.
struct Sums {
  std::vector<double> coordinates;
  std::vector<std::uint64_t> counts;
};

Sums no_sums(const Problem& problem) {
  return {std::vector<double>(problem.clusters * problem.dimensions),
          std::vector<std::uint64_t>(problem.clusters)};
}

double distance(const double* a, const double* b, std::size_t dimensions) {
  double sum = 0;
  for (std::size_t d = 0; d < dimensions; ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
  return sum;
}

Sums assign(const Problem& problem, std::span<const double> points,
            std::span<const double> centres) {
  const std::size_t dimensions = problem.dimensions;
  Sums sums = no_sums(problem);
  for (const double* point = points.data(); point != points.data() + points.size();
       point += dimensions) {
    std::size_t nearest = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < problem.clusters; ++c) {
      const double away = distance(point, &centres[c * dimensions], dimensions);
      if (away < least) {
        least = away;
        nearest = c;
      }
    }
    ++sums.counts[nearest];
    for (std::size_t d = 0; d < dimensions; ++d)
      sums.coordinates[nearest * dimensions + d] += point[d];
  }
  return sums;
}

void add(Sums& all, const Sums& part) {
  for (std::size_t i = 0; i < all.coordinates.size(); ++i)
    all.coordinates[i] += part.coordinates[i];
  for (std::size_t i = 0; i < all.counts.size(); ++i) all.counts[i] += part.counts[i];
}

// All rounds, each by assign_all(centres), which gives the Sums of all points.
template <class AssignAll>
Clusters rounds(const Problem& problem, std::span<const double> points, AssignAll assign_all) {
  const std::size_t dimensions = problem.dimensions;
  Clusters clusters;
  clusters.centres.assign(
      points.begin(), points.begin() + static_cast<std::ptrdiff_t>(problem.clusters * dimensions));
  for (std::size_t round = 0; round < problem.rounds; ++round) {
    Sums sums = assign_all(clusters.centres);
    for (std::size_t i = 0; i < sums.coordinates.size(); ++i) {
      const std::uint64_t count = sums.counts[i / dimensions];
      if (count != 0)  // else it stays where it is
        clusters.centres[i] = sums.coordinates[i] / static_cast<double>(count);
    }
    clusters.counts = std::move(sums.counts);
  }
  return clusters;
}

// In coordinates.
struct Part {
  std::size_t begin, size;
};

Part part_of(const Problem& problem, std::size_t index) {
  const std::size_t first = problem.points * index / kParts;
  const std::size_t end = problem.points * (index + 1) / kParts;
  return {first * problem.dimensions, (end - first) * problem.dimensions};
}

// What a task is given: where the points of a part lie, and the centres.
struct Task {
  Points points;
  muster::SharedArray<const double> centres;
};

}  // namespace

Points random_points(const Problem& problem) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> place(-10, 10);
  std::normal_distribution<double> around(0, 1);
  std::vector<double> middles(problem.clusters * problem.dimensions);
  for (double& each : middles) each = place(random);
  muster::SharedArray<double> points(problem.points * problem.dimensions);
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i] = middles[i % middles.size()] + around(random);
  return points;
}

Clusters find(muster::Executor& pool, const Problem& problem, const Points& points) {
  // Written before each round and read by its tasks: no task of the round before runs any more.
  muster::SharedArray<double> shared_centres(problem.clusters * problem.dimensions);
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < kParts; ++i) {
    const auto [begin, size] = part_of(problem, i);
    tasks.push_back({points.subarray(begin, size), shared_centres});
  }
  const auto assign_part = [problem](const Task& task) {
    return assign(problem, task.points.span(), task.centres.span());
  };
  return rounds(problem, points.span(), [&](const std::vector<double>& centres) {
    std::copy(centres.begin(), centres.end(), shared_centres.begin());
    Sums sums = no_sums(problem);
    for (const Sums& part : pool.map(assign_part, tasks)) add(sums, part);
    return sums;
  });
}

Clusters find_by_value(muster::Executor& pool, const Problem& problem,
                       std::span<const double> points) {
  std::vector<std::vector<double>> parts;
  for (std::size_t i = 0; i < kParts; ++i) {
    const auto [begin, size] = part_of(problem, i);
    const auto part = points.subspan(begin, size);
    parts.emplace_back(part.begin(), part.end());
  }
  const auto assign_part = [problem](std::span<const double> part,
                                     std::span<const double> centres) {
    return assign(problem, part, centres);
  };
  return rounds(problem, points, [&](const std::vector<double>& centres) {
    const std::vector all_centres(kParts, centres);
    Sums sums = no_sums(problem);
    for (const Sums& part : pool.map(assign_part, parts, all_centres)) add(sums, part);
    return sums;
  });
}

Clusters find_serially(const Problem& problem, std::span<const double> points) {
  return rounds(problem, points, [&](const std::vector<double>& centres) {
    return assign(problem, points, centres);
  });
}

#ifdef _OPENMP
Clusters find_by_openmp(const Problem& problem, std::span<const double> points, int workers) {
  return rounds(problem, points, [&](const std::vector<double>& centres) {
    std::vector<Sums> parts(kParts);
#pragma omp parallel for schedule(dynamic) num_threads(workers)
    for (std::size_t i = 0; i < kParts; ++i) {
      const auto [begin, size] = part_of(problem, i);
      parts[i] = assign(problem, points.subspan(begin, size), centres);
    }
    Sums sums = no_sums(problem);
    for (const Sums& part : parts) add(sums, part);
    return sums;
  });
}
#endif

}  // namespace k_means
