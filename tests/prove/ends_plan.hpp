#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "prove/random.hpp"

namespace prove {

enum class Role : std::uint8_t { client, supervisor, worker };
inline constexpr const char* kRoleNames[] = {"client", "supervisor", "worker"};

// What the client is at when the first is killed.
enum class Phase : std::uint8_t { starting, running, ending };
inline constexpr std::size_t kPhases = 3;
inline constexpr const char* kPhaseNames[kPhases] = {"makes its pool", "uses its pool",
                                                     "ends its pool"};

// How a process is ended. All but the client by SIGKILL.
enum class Means : std::uint8_t { kill, terminate, exit, quick_exit, abort };
inline constexpr std::size_t kMeans = 5;
inline constexpr const char* kMeansNames[kMeans] = {"SIGKILL", "SIGTERM", "exit()", "_exit()",
                                                    "abort()"};

struct Step {
  std::int64_t after_ns = 0;  // after the step before it
  Role role = Role::worker;
  Means means = Means::kill;
  std::uint32_t worker = 0;  // which of those that are there
};

struct Plan {
  Phase phase = Phase::running;
  std::int64_t lead_ns = 0;  // in the phase, before the first step
  std::vector<Step> steps;
  // Workers that are stopped first: a bit each.
  std::uint32_t stopped = 0;
  // Each worker's step looks who its supervisor's workers are then, so that it may hit one that was
  // made after a death; else those that were there at first are hit, with less time between steps.
  bool looks_again = false;
};

Plan draw_plan(Random& random);

// The roles in the order in which the first of each was ended, as a name.
std::string order_name(const std::vector<Role>& ended);
// The names of all orders there are.
const std::vector<std::string>& all_orders();

}  // namespace prove
