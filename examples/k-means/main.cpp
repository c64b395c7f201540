// k-means: finds the clusters among random points by Lloyd's algorithm. Points and centres are in
// SharedArrays, which every worker reads where they are.
#include <cmath>
#include <iostream>
#include <stdexcept>

#include "bench.hpp"
#include "clusters.hpp"
#include "command_line.hpp"

namespace k_means {
namespace {

// The order in which numbers are added differs, and so their last digits.
bool about_equal(double a, double b) { return std::abs(a - b) <= 1e-9 * (1 + std::abs(a)); }

void check(const Clusters& found, const Clusters& expected) {
  bool same = found.counts == expected.counts;
  for (std::size_t i = 0; same && i < found.centres.size(); ++i)
    same = about_equal(found.centres[i], expected.centres[i]);
  if (!same) throw std::runtime_error("check failed: a plain loop finds other clusters");
}

void print(const Problem& problem, const Clusters& clusters) {
  for (std::size_t c = 0; c < problem.clusters; ++c) {
    std::cout << clusters.counts[c] << " points around";
    for (std::size_t d = 0; d < problem.dimensions; ++d)
      std::cout << ' ' << clusters.centres[c * problem.dimensions + d];
    std::cout << '\n';
  }
}

void find_clusters(const example::Settings& settings, const Problem& problem) {
  const auto pool = example::make_pool(settings);
  const Points points = random_points(problem);
  const Clusters clusters =
      settings.mpi ? find_by_value(*pool, problem, points.span()) : find(*pool, problem, points);
  print(problem, clusters);
  if (!settings.check) return;
  check(clusters, find_serially(problem, points.span()));
  std::cout << "checked: " << problem.clusters << " clusters of " << problem.points << " points\n";
}

void bench(const example::Settings& settings, const Problem& problem) {
  const Points points = random_points(problem);
  std::cout << "k-means, " << problem.points << " points of " << problem.dimensions
            << " dimensions, " << problem.clusters << " clusters, " << problem.rounds << " rounds"
            << std::endl;
  example::bench(
      settings, [&](muster::Executor& pool) { find(pool, problem, points); },
      [&]([[maybe_unused]] std::size_t workers) {
        std::vector<example::Contender> others;
#ifdef _OPENMP
        others.push_back({"OpenMP", [&problem, &points, workers] {
                            find_by_openmp(problem, points.span(), static_cast<int>(workers));
                          }});
#endif
        others.push_back(
            {"plain loop", [&problem, &points] { find_serially(problem, points.span()); }});
        return others;
      });
}

void run(const example::Settings& settings, const Problem& problem) {
  if (problem.points < problem.clusters)
    throw std::invalid_argument("there are fewer points than clusters");
  settings.bench ? bench(settings, problem) : find_clusters(settings, problem);
}

}  // namespace
}  // namespace k_means

int main(int argc, char** argv) {
  k_means::Problem problem;
  example::Settings settings;
  CLI::App app("Finds clusters among random points by a pool of workers.", "k-means");
  const auto number = [&app](const char* name, std::size_t& value, std::uint64_t most,
                             const char* what) {
    app.add_option(name, value, what)->check(example::whole(1, most))->capture_default_str();
  };
  number("-p,--points", problem.points, 1'000'000'000, "how many points");
  number("-d,--dimensions", problem.dimensions, 1000, "coordinates of each");
  number("-k,--clusters", problem.clusters, 10'000, "how many clusters");
  number("-r,--rounds", problem.rounds, 100'000, "of Lloyd's algorithm");
  example::add_settings(app, settings);
  return example::run(app, argc, argv, [&] { k_means::run(settings, problem); });
}
