#include "bench/scenarios.hpp"

namespace bench {

namespace {

std::vector<std::unique_ptr<Scenario>> make_all() {
  std::vector<std::unique_ptr<Scenario>> all;
  all.push_back(make_throughput());
  all.push_back(make_latency());
  all.push_back(make_map());
  all.push_back(make_transfer());
  all.push_back(make_start());
  all.push_back(make_balance());
  all.push_back(make_mixed());
  all.push_back(make_growth());
  all.push_back(make_gzip());
  all.push_back(make_syscalls());
  all.push_back(make_many());
  all.push_back(make_micro());
  return all;
}

}  // namespace

const std::vector<std::unique_ptr<Scenario>>& all_scenarios() {
  static const std::vector<std::unique_ptr<Scenario>> all = make_all();
  return all;
}

const Scenario* find_scenario(std::string_view name) {
  for (const auto& scenario : all_scenarios()) {
    if (scenario->name() == name) return scenario.get();
  }
  return nullptr;
}

}  // namespace bench
