// scaling-simulate: how a pool on many ranks would do, by a simulation of what lib/mpi does with
// costs that scaling-measure has measured.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/output_file.hpp"
#include "tools/scaling/fit.hpp"
#include "tools/scaling/report.hpp"

namespace scaling {

namespace {

nlohmann::json read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return nlohmann::json::parse(file);
}

constexpr double kLongestTask = 1e6;  // seconds

// CLI11 takes "nan" for a number that is in every range.
CLI::Validator is_a_number() {
  return CLI::Validator(
      [](const std::string& text) {
        return std::isfinite(std::strtod(text.c_str(), nullptr)) ? "" : text + " is no number";
      },
      "NUMBER");
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// `apart`: only where the ranks' tasks take no core from each other.
int check(const nlohmann::json& measured, double within, bool apart) {
  std::vector<Comparison> comparisons = compare(measured, fitted_costs(measured));
  if (apart) std::erase_if(comparisons, [](const Comparison& each) { return !each.sleeps; });
  if (comparisons.empty()) throw std::runtime_error("the file has no rates to compare with");
  print(comparison_table(comparisons));
  bool all = true;
  for (const Comparison& each : comparisons) all &= std::abs(each.error()) <= within;
  if (all) return 0;
  print(fmt::format("\nnot all are within {:.0f}%\n", 100 * within));
  return 1;
}

struct Options {
  std::string network = "tcp";
  std::vector<std::size_t> ranks = {10, 100, 1000, 10'000};
  std::vector<double> lengths = {1e-5, 1e-3, 1e-1};
  std::vector<std::string> topologies = {"flat"};
  std::size_t tasks_per_worker = 20;
  std::size_t least_tasks = 100'000;
  std::size_t most_tasks = 400'000;
  double latency = 10e-6;
  double bandwidth = 1.25e9;
  Plan plan;
};

// A machine for each rank, and a core for each thread.
std::vector<Prediction> predict(const nlohmann::json& measured, const Options& options) {
  const std::map<std::string, Topology> topologies = {
      {"flat", Topology::flat}, {"tree", Topology::tree}, {"stealing", Topology::stealing}};
  Costs costs = fitted_costs(measured);
  const Costs messages = Costs::of(measured, options.network);
  costs.send = messages.send;
  costs.receive = messages.receive;
  costs.probe = messages.probe;
  std::vector<Prediction> predictions;
  for (const double length : options.lengths) {
    for (const std::size_t ranks : options.ranks) {
      for (const std::string& topology : options.topologies) {
        Plan plan = options.plan;
        plan.algorithm = algorithm_of(measured.at("algorithm"));
        plan.costs = costs;
        plan.topology = topologies.at(topology);
        plan.ranks = ranks;
        plan.length = length * 1e9;
        plan.task_bytes = 48;
        plan.latency = options.latency * 1e9;
        plan.byte_time = 1e9 / options.bandwidth;
        plan.tasks = options.tasks_per_worker * ranks * plan.workers;
        // Short tasks in greater number: or all would be over before the ranks are full. Long ones
        // are as many as the workers need.
        if (length < 1e-3) plan.tasks = std::max(plan.tasks, options.least_tasks);
        plan.tasks = std::min(plan.tasks, options.most_tasks);
        predictions.push_back({plan, simulate(plan)});
      }
    }
  }
  return predictions;
}

}  // namespace

}  // namespace scaling

int main(int argc, char** argv) {
  using namespace scaling;
  CLI::App app("Simulates MpiPoolExecutor on many ranks, with costs that scaling-measure found");
  app.require_subcommand(1);
  std::string path;
  std::string svg;
  double within = 0.15;
  bool apart = false;
  Options options;
  Plan& plan = options.plan;
  app.add_option("--measured", path, "a file of scaling-measure")->required();
  auto* const costs = app.add_subcommand("costs", "what tasks, messages and ranks cost");
  auto* const checking = app.add_subcommand(
      "check", "the figures of the file beside the simulated ones; exits with 1 where one is off");
  checking->add_option("--within", within, "a difference that is allowed")
      ->check(CLI::Range(0.0, 10.0));
  checking->add_flag("--apart", apart, "only tasks that sleep, as on machines of their own");
  auto* const predicting = app.add_subcommand("predict", "ranks on machines of their own");
  predicting->add_option("--ranks", options.ranks, "that serve")->check(CLI::Range(1, 100'000));
  predicting->add_option("--length", options.lengths, "of a task, in seconds")
      ->check(CLI::Range(0.0, kLongestTask) & is_a_number());
  predicting->add_option("--topology", options.topologies)
      ->check(CLI::IsMember({"flat", "tree", "stealing"}));
  predicting->add_option("--workers", plan.workers, "of each rank")->check(CLI::Range(1, 1024));
  predicting->add_option("--fan-out", plan.fan_out, "ranks of a sub-master")
      ->check(CLI::Range(1, 100'000));
  predicting->add_option("--tasks", options.tasks_per_worker, "for each worker")
      ->check(CLI::Range(1, 1'000'000));
  predicting->add_option("--least-tasks", options.least_tasks, "where they take less than 1 ms");
  predicting->add_option("--most-tasks", options.most_tasks);
  predicting->add_option("--network", options.network, "whose messages are sent");
  predicting->add_option("--latency", options.latency, "of the network, in seconds")
      ->check(CLI::NonNegativeNumber & is_a_number());
  predicting->add_option("--bandwidth", options.bandwidth, "of the network, in bytes a second")
      ->check(CLI::PositiveNumber & is_a_number());
  predicting->add_option("--slow", plan.slow_share, "share of the ranks that are slow")
      ->check(CLI::Range(0.0, 1.0));
  predicting->add_option("--slow-times", plan.slow_times, "how many times slower")
      ->check(CLI::PositiveNumber & is_a_number());
  predicting->add_option("--long", plan.long_share, "share of the tasks that are long")
      ->check(CLI::Range(0.0, 1.0));
  predicting->add_option("--long-times", plan.long_times, "how many times longer")
      ->check(CLI::PositiveNumber & is_a_number());
  predicting->add_option("--seed", plan.seed, "which ranks and tasks those are");
  predicting->add_option("--svg", svg, "a chart of the efficiency");
  CLI11_PARSE(app, argc, argv);
  try {
    const nlohmann::json measured = read_file(path);
    if (*checking) return check(measured, within, apart);
    if (*costs) {
      print(costs_table(fitted_costs(measured)));
      return 0;
    }
    const std::vector<Prediction> predictions = predict(measured, options);
    print(prediction_table(predictions));
    if (!svg.empty()) bench::OutputFile(svg).write(efficiency_chart(predictions));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "scaling-simulate: %s\n", e.what());
    return 2;
  }
}
