// Whether muster-bench-compare is a gate: runs of the same distributions pass it as often as it
// says, and what has become slower does not.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/check/run_check.hpp"
#include "bench/compare/comparison.hpp"
#include "bench/statistics.hpp"
#include "bench/units.hpp"

namespace bench {

namespace {

constexpr double kThreshold = 0.05;

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

void require_near(double got, double expected, const std::string& what) {
  require(std::abs(got - expected) <= 1e-9, fmt::format("{}: {} and not {}", what, got, expected));
}

using Random = std::mt19937_64;
using Runs = std::vector<double> (*)(Random&, std::size_t);

// How runs scatter, each in its way around 100.
std::vector<double> normal(Random& random, std::size_t count) {
  std::normal_distribution<double> each(100, 10);
  std::vector<double> runs(count);
  std::generate(runs.begin(), runs.end(), [&] { return each(random); });
  return runs;
}
// Some runs are far off.
std::vector<double> skewed(Random& random, std::size_t count) {
  std::lognormal_distribution<double> each(std::log(100.0), 0.5);
  std::vector<double> runs(count);
  std::generate(runs.begin(), runs.end(), [&] { return each(random); });
  return runs;
}
// Twice as fast when processes happen to run beside each other.
std::vector<double> bimodal(Random& random, std::size_t count) {
  std::vector<double> runs = normal(random, count);
  for (double& run : runs) run *= (random() & 1) == 0 ? 0.5 : 1;
  return runs;
}
// Counts: many ties.
std::vector<double> counts(Random& random, std::size_t count) {
  std::vector<double> runs = normal(random, count);
  for (double& run : runs) run = std::round(run / 10);
  return runs;
}

constexpr std::array<Runs, 4> kKinds = {&normal, &skewed, &bimodal, &counts};

Results results_of(Random& random, std::size_t figures, std::size_t runs) {
  Results results;
  ScenarioRows& scenario = results.scenarios.emplace_back();
  scenario.name = "made up";
  scenario.metrics.emplace_back().key = "time";
  for (std::size_t i = 0; i < figures; ++i) {
    CaseRow& row = scenario.cases.emplace_back();
    row.peer = "process";
    row.variant = std::to_string(i);
    const std::vector<double> values = kKinds[i % kKinds.size()](random, runs);
    row.figures["time"] = {spread_of(values), values};
  }
  return results;
}

std::size_t real_differences(const std::vector<Difference>& differences) {
  return static_cast<std::size_t>(
      std::count_if(differences.begin(), differences.end(), [](const Difference& each) {
        return each.verdict == Verdict::better || each.verdict == Verdict::worse;
      }));
}

void p_is_what_tables_say() {
  const std::vector<double> low = {1, 2, 3, 4, 5};
  const std::vector<double> high = {6, 7, 8, 9, 10};
  require_near(chance_of(low, high).p, 2.0 / 252, "apart");
  require_near(chance_of(high, low).p, 2.0 / 252, "apart, the other way");
  require_near(chance_of(low, low).p, 1, "the same");
  const std::vector<double> nearly = {1, 2, 3, 4, 6};
  const std::vector<double> rest = {5, 7, 8, 9, 10};
  require_near(chance_of(nearly, rest).p, 4.0 / 252, "all but two apart");
  const std::vector<double> ties = {1, 1, 1, 2};
  const std::vector<double> others = {1, 2, 2, 2};
  // Sums of four of the midranks 2.5 and 6.5: one or none, two, three or four of the larger ones.
  require_near(chance_of(ties, others).p, 34.0 / 70, "ties");
  require_near(chance_of(ties, others).least, 2.0 / 70, "the farthest that ties allow");
  const std::vector<double> constant(5, 7.0);
  require_near(chance_of(constant, constant).least, 1, "nothing varies");
  require_near(least_chance(5, 5), 2.0 / 252, "of five runs");
  require_near(least_chance(4, 7), 2.0 / 330, "of four and seven runs");
}

// No p is smaller than it says it is: at most a fraction a of identical pairs has p <= a.
void p_is_uniform_at_most(Random& random) {
  constexpr std::size_t kPairs = 20'000;
  for (const std::size_t runs : {5U, 8U, 25U, 26U, 40U}) {
    for (const Runs kind : kKinds) {
      std::array<std::size_t, 3> below{};
      constexpr std::array<double, 3> kLevels = {0.01, 0.05, 0.2};
      for (std::size_t i = 0; i < kPairs / runs; ++i) {
        const double p = chance_of(kind(random, runs), kind(random, runs)).p;
        for (std::size_t j = 0; j < kLevels.size(); ++j) below[j] += p <= kLevels[j] ? 1 : 0;
      }
      const auto pairs = static_cast<double>(kPairs / runs);
      for (std::size_t j = 0; j < kLevels.size(); ++j) {
        const double rate = static_cast<double>(below[j]) / pairs;
        // Five standard deviations of such a count.
        const double most = kLevels[j] + 5 * std::sqrt(kLevels[j] * (1 - kLevels[j]) / pairs);
        require(rate <= most,
                fmt::format("{} runs: p <= {} in {} of pairs of the same", runs, kLevels[j], rate));
      }
    }
  }
}

// Files of the same distributions: at most 5 in 100 have a difference at all, however many figures.
void alarms_are_rare(Random& random) {
  constexpr std::size_t kFiles = 200;
  for (const std::size_t runs : {5U, 8U, 12U}) {
    std::size_t alarms = 0;
    for (std::size_t i = 0; i < kFiles; ++i) {
      const Results before = results_of(random, 100, runs);
      const Results after = results_of(random, 100, runs);
      alarms += real_differences(compare(before, after, Filter{}, 0)) != 0 ? 1 : 0;
    }
    const double most = kFalseRate * kFiles + 5 * std::sqrt(kFalseRate * kFiles);
    require(static_cast<double>(alarms) <= most,
            fmt::format("{} of {} pairs of the same differ with {} runs", alarms, kFiles, runs));
    print(fmt::format("{} runs a side, 100 figures: {} of {} pairs of the same differ\n", runs,
                      alarms, kFiles));
  }
}

// How often the quartiles of two sets of runs of the same lie apart, as the README says.
void quartiles_lie_apart_as_said(Random& random) {
  constexpr std::size_t kPairs = 40'000;
  for (const auto& [runs, said] :
       std::initializer_list<std::pair<std::size_t, double>>{{5, 0.207}, {7, 0.081}, {9, 0.056}}) {
    std::size_t apart = 0;
    for (std::size_t i = 0; i < kPairs; ++i) {
      apart += overlap(spread_of(normal(random, runs)), spread_of(normal(random, runs))) ? 0 : 1;
    }
    const double rate = static_cast<double>(apart) / kPairs;
    print(fmt::format("quartiles of {} runs a side lie apart in {:.3f} of pairs of the same\n",
                      runs, rate));
    require(std::abs(rate - said) < 0.01, fmt::format("and not in {}", said));
  }
}

// 20% slower with eight runs a side that scatter by a few per cent, among others that are the same.
void regressions_are_found(Random& random) {
  constexpr std::size_t kTimes = 50;
  std::uniform_real_distribution<double> noise(0.97, 1.03);
  const auto around = [&](double middle) {
    std::vector<double> runs(8);
    for (double& run : runs) run = middle * noise(random);
    return runs;
  };
  for (std::size_t i = 0; i < kTimes; ++i) {
    Results before = results_of(random, 100, 8);
    Results after = results_of(random, 100, 8);
    for (Results* const results : {&before, &after}) {
      CaseRow& row = results->scenarios[0].cases[17];
      const std::vector<double> runs = around(results == &before ? 100 : 120);
      row.figures["time"] = {spread_of(runs), runs};
    }
    const std::vector<Difference> differences = compare(before, after, Filter{}, kThreshold);
    require(differences[17].verdict == Verdict::worse, "a regression of 20% passes");
    require(differences[17].is_regression(), "it is none");
    require(doubt_about_runs(differences).empty(), "eight runs are called too few for 100 figures");
  }
}

// Where eight runs do not suffice, that is said.
void too_few_runs_are_told(Random& random) {
  const auto differences =
      compare(results_of(random, 420, 8), results_of(random, 420, 8), Filter{}, kThreshold);
  const std::string doubt = doubt_about_runs(differences);
  require(doubt.find("with 8 runs a side and 420 figures") == 0,
          "nothing of 420 figures: " + doubt);
  require(doubt.find("that takes 9 runs a side") != doubt.npos, "another number of runs: " + doubt);
}

// A difference that is real does not look like none.
void ratios_show_differences() {
  using Shown = std::pair<double, std::string>;
  for (const auto& [times, text] :
       {Shown{1.0004, "1.0004"}, Shown{1.004, "1.004"}, Shown{1.01, "1.01"}, Shown{1.1, "1.10"},
        Shown{2, "2.00"}, Shown{9.5, "9.50"}, Shown{54.3, "54"}}) {
    require(format_times(times) == text,
            fmt::format("{} is shown as {}", times, format_times(times)));
  }
}

void run() {
  Random random(20240607);
  p_is_what_tables_say();
  p_is_uniform_at_most(random);
  alarms_are_rare(random);
  quartiles_lie_apart_as_said(random);
  regressions_are_found(random);
  too_few_runs_are_told(random);
  ratios_show_differences();
}

}  // namespace

}  // namespace bench

int main() { return bench::run_check(&bench::run); }
