#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/compare/significance.hpp"
#include "bench/model/results.hpp"

namespace bench {

enum class Verdict {
  better,
  worse,
  same,            // within the noise, or within the threshold
  unsure,          // too few runs to know the noise
  failed,          // there were figures, and now it fails
  without,         // it fails, and there were no figures before either
  missing_in_new,  // not measured
  missing_in_old,
};

// One figure of one cell, in both files where both have it.
struct Difference {
  std::string scenario;
  std::string peer;  // "" for micro-benchmarks
  std::string cell;  // for the reader: "process pool, 2 workers, kept"
  MetricRow metric;  // without a key where a cell has no figure in either file
  std::optional<Figure> before;
  std::optional<Figure> after;
  std::optional<Chance>
      chance;  // that they differ as they do by chance; where both have the figure
  Verdict verdict = Verdict::same;
  std::string failure;  // of a cell that failed

  bool is_regression() const { return verdict == Verdict::worse || verdict == Verdict::failed; }
};

// Two files that measure different things under one name.
class NotComparable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Filter {
  std::vector<std::string> scenarios;  // these alone; none: all
  std::vector<std::string> peers;      // names or patterns as in a shell; none: all
};

// Of all differences that are called real this fraction may be chance's, on average.
inline constexpr double kFalseRate = 0.05;

// All figures of both, in the order of the new file, then what the old one alone has. A difference
// counts if it is real by its chance among those of all figures compared (real_ones()), and the
// medians differ by more than the fraction `threshold` of the old one, and by more than the
// metric's least_difference. Throws NotComparable, also where the two have nothing in common.
std::vector<Difference> compare(const Results& before, const Results& after, const Filter& filter,
                                double threshold);

bool has_regression(const std::vector<Difference>& differences);
// Whether medians differ by more than the threshold where there are too few runs to tell.
bool has_unsure(const std::vector<Difference>& differences);

// What makes a comparison doubtful: other machines, compilers or amounts of work, others who used
// the processors. Sentences.
std::vector<std::string> doubts_about(const Results& before, const Results& after);

// Why a difference in one figure alone could not be told from chance, and how many runs it takes;
// "" where it can in all of them.
std::string doubt_about_runs(const std::vector<Difference>& differences);

}  // namespace bench
