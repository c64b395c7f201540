// The last word: a pool, as small as can be.

#include <stdlib.h>

#include <chrono>
#include <exception>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "diagnosis.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

using Clock = std::chrono::steady_clock;
using Level = Diagnosis::Level;

constexpr std::chrono::seconds kPatience{30};

std::string since(Clock::time_point begin) { return describe(Clock::now() - begin); }

}  // namespace

Diagnoses diagnose_pool() {
  Diagnoses all;
  const auto failed = [&](const char* subject, const std::exception& error) {
    all.push_back(
        {subject, Level::missing, printable(error.what()), "process pools do not work here"});
  };
  Clock::time_point begin = Clock::now();
  try {
    muster::ProcessPoolExecutor pool({.max_workers = 1,
                                      .name = "muster-doctor",
                                      .on_worker_death = muster::OnWorkerDeath::replace});
    const int answer = pool.submit([](int n) { return n + 1; }, 41).result(kPatience);
    all.push_back({"a pool", answer == 42 ? Level::fine : Level::missing,
                   fmt::format("gave {} for 41 + 1, {} after its start", answer, since(begin)),
                   answer == 42 ? "" : "process pools do not work here"});
    begin = Clock::now();
    try {
      pool.submit([] { ::_exit(7); }).result(kPatience);
      all.push_back(
          {"a worker's death", Level::missing, "was not told", "process pools do not work here"});
    } catch (const muster::WorkerDiedError& error) {
      all.push_back(
          {"a worker's death", Level::fine, fmt::format("told after {}", since(begin)), ""});
    }
  } catch (const std::exception& error) {
    failed(all.empty() ? "a pool" : "a worker's death", error);
  }
  return all;
}

}  // namespace muster_tool
