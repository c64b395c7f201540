// scaling-measure: what tasks, messages and ranks cost on this machine, as JSON for
// scaling-simulate. measure.sh beside it runs all of it.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <muster/mpi.hpp>
#include <muster/muster.hpp>

#include "bench/output_file.hpp"
#include "tools/scaling/algorithm.hpp"
#include "tools/scaling/measure/figures.hpp"
#include "tools/scaling/measure/idle_costs.hpp"
#include "tools/scaling/measure/machine_costs.hpp"
#include "tools/scaling/measure/machine_facts.hpp"
#include "tools/scaling/measure/message_costs.hpp"
#include "tools/scaling/measure/pool_costs.hpp"

namespace scaling {

namespace {

using nlohmann::json;

json read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return json::object();
  return json::parse(file);
}

muster::ProcessPoolOptions one_worker() { return {.max_workers = 1, .name = "scaling"}; }

}  // namespace

}  // namespace scaling

int main(int argc, char** argv) {
  using namespace scaling;
  CLI::App app("Measures what tasks, messages and ranks cost, and adds it to a file of JSON");
  app.require_subcommand(1);
  std::string path;
  std::string network = "shared memory";
  std::vector<std::string> facts;
  std::size_t cost_tasks = 200'000;
  FigureOptions figures;
  std::vector<std::int64_t> lengths = {0, 10'000, 100'000, 1'000'000, 10'000'000};
  app.add_option("--json", path, "the file that the section is added to")->required();
  auto* const machine = app.add_subcommand("machine", "sleeps, wakes, cores; without mpirun");
  machine->add_option("--fact", facts, "NAME=VALUE to keep with the figures");
  auto* const messages =
      app.add_subcommand("messages", "what a message costs; mpirun, two ranks or more");
  messages->add_option("--network", network, "what carries the messages, as the file calls it");
  auto* const tasks = app.add_subcommand(
      "tasks", "what a task costs each part of the job; mpirun, two ranks or more");
  tasks->add_option("--tasks", cost_tasks, "empty tasks in a run")
      ->check(CLI::Range(1000, 10'000'000));
  tasks->add_option("--runs", figures.runs)->check(CLI::Range(3, 1000));
  auto* const rates =
      app.add_subcommand("rates", "tasks a second, to check a simulation by; as `tasks`");
  rates->add_option("--length", lengths, "of a task, in nanoseconds");
  rates->add_flag("--sleeping", figures.sleeping,
                  "the tasks sleep for so long, and take no core; else they compute");
  rates->add_option("--seconds", figures.seconds, "of a run")->check(CLI::Range(0.01, 60.0));
  rates->add_option("--most-tasks", figures.most_tasks, "in a run")
      ->check(CLI::Range(20, 10'000'000));
  rates->add_option("--runs", figures.runs)->check(CLI::Range(3, 1000));
  rates->add_option("--others", figures.others, "share of the processors that others may use");
  CLI11_PARSE(app, argc, argv);
  try {
    // The ranks of `messages` talk MPI themselves.
    if (!*messages) muster::init();
    if (*messages) {
      const json costs = measure_message_costs();
      if (costs.is_null()) return 0;
      json all = read_file(path);
      const std::string ranks = std::to_string(costs["probe"]["ranks"].get<int>());
      all["machine"]["mpi"] = costs["library"];
      all["probe"][network][ranks] = costs["probe"]["empty"];
      if (ranks == "2") all["messages"][network] = costs["sizes"];
      bench::OutputFile(path).write(all.dump(1) + "\n");
      return 0;
    }
    json all = read_file(path);
    if (*machine) {
      all["schema"] = 1;
      all["machine"] = machine_facts(facts);
      all["algorithm"] = to_json(Algorithm{});
      all["costs"] = measure_machine_costs();
      all["costs"]["idle"] = measure_idle_costs(one_worker());
    } else {
      muster::MpiPoolExecutor pool(one_worker());
      if (pool.ranks() == 0) throw std::runtime_error("there are no ranks; start it by mpirun");
      const std::string ranks = std::to_string(pool.ranks() + 1);
      if (*tasks) {
        all["tasks"][ranks] = measure_pool_costs(pool, cost_tasks, figures.runs);
      } else {
        all[figures.sleeping ? "sleeping" : "rates"][ranks] =
            measure_figures(pool, lengths, figures);
      }
    }
    bench::OutputFile(path).write(all.dump(1) + "\n");
  } catch (const std::exception& e) {
    std::fprintf(stderr, "scaling-measure: %s\n", e.what());
    return 1;
  }
}
