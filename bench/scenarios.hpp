#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/scenario.hpp"

namespace bench {

std::unique_ptr<Scenario> make_throughput();
std::unique_ptr<Scenario> make_latency();
std::unique_ptr<Scenario> make_map();
std::unique_ptr<Scenario> make_start();
std::unique_ptr<Scenario> make_transfer();
std::unique_ptr<Scenario> make_balance();
std::unique_ptr<Scenario> make_mixed();
std::unique_ptr<Scenario> make_growth();
std::unique_ptr<Scenario> make_gzip();
std::unique_ptr<Scenario> make_many();
std::unique_ptr<Scenario> make_syscalls();
std::unique_ptr<Scenario> make_micro();

// All there are, in the order in which they run.
const std::vector<std::unique_ptr<Scenario>>& all_scenarios();

// Null if there is none of that name.
const Scenario* find_scenario(std::string_view name);

}  // namespace bench
