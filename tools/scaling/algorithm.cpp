#include "tools/scaling/algorithm.hpp"

#include <stdexcept>
#include <string>

namespace scaling {

namespace {

// Calls f(name, member) for all of them.
template <class A, class F>
void for_each_constant(A& algorithm, F&& f) {
  f("look_ns", algorithm.look);
  f("shortest_sleep_ns", algorithm.shortest_sleep);
  f("longest_sleep_ns", algorithm.longest_sleep);
  f("sleep_divisor", algorithm.sleep_divisor);
  f("full_batch_bytes", algorithm.full_batch);
  f("batch_waits_ns", algorithm.batch_waits);
  f("short_sleep_ns", algorithm.short_sleep);
  f("most_batches", algorithm.most_batches);
  f("patience", algorithm.patience);
  f("ahead_ns", algorithm.ahead);
  f("memory_ns", algorithm.memory);
  f("most_tasks", algorithm.most_tasks);
  f("longest_round_trip_ns", algorithm.longest_round_trip);
  f("round_trip_memory", algorithm.round_trip_memory);
  f("spin_ns", algorithm.spin);
}

}  // namespace

nlohmann::json to_json(const Algorithm& algorithm) {
  nlohmann::json json;
  for_each_constant(algorithm, [&](const char* name, const auto& value) { json[name] = value; });
  return json;
}

Algorithm algorithm_of(const nlohmann::json& json) {
  Algorithm algorithm;
  for_each_constant(algorithm, [&](const char* name, auto& value) {
    json.at(name).get_to(value);
    if (!(value > 0)) {
      throw std::runtime_error(
          std::string("\"") + name +
          "\" of the algorithm in the file of measurements is not more than 0");
    }
  });
  return algorithm;
}

}  // namespace scaling
