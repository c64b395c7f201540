// What holds of every simulated job, whatever the costs are.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tools/scaling/plan.hpp"
#include "tools/scaling/share.hpp"
#include "tools/scaling/thread.hpp"

namespace scaling {
namespace {

constexpr double kMicrosecond = 1e3;
constexpr double kMillisecond = 1e6;

// Round figures, of the size of those that were measured.
Costs round_costs() {
  Costs costs;
  costs.submit = 50;
  costs.collect = 10;
  costs.conductor = 80;
  costs.server = 150;
  costs.worker = 100;
  costs.send.add(64, 1000);
  costs.send.add(16384, 2000);
  costs.receive.add(64, 500);
  costs.receive.add(16384, 3000);
  costs.probe = 100;
  for (Costs::Sleep& sleep : costs.sleep) {
    sleep.processor.add(8000, 5000);
    sleep.processor.add(1'000'000, 10'000);
    sleep.away.add(8000, 10'000);
    sleep.away.add(1'000'000, 1'020'000);
  }
  costs.wake = 2000;
  costs.idle_worker = 5000;
  costs.scan = 2;
  costs.turn = 1;
  return costs;
}

Plan job(Topology topology, std::size_t ranks, std::size_t tasks, double length) {
  Plan plan;
  plan.topology = topology;
  plan.ranks = ranks;
  plan.fan_out = 4;
  plan.tasks = tasks;
  plan.length = length;
  plan.latency = 5 * kMicrosecond;
  plan.costs = round_costs();
  return plan;
}

constexpr Topology kTopologies[] = {Topology::flat, Topology::tree, Topology::stealing};
constexpr double kLengths[] = {0, 10 * kMicrosecond, kMillisecond, 10 * kMillisecond};

std::string text_of(const Plan& plan) {
  return std::string(name_of(plan.topology)) + ", " + std::to_string(plan.ranks) + " ranks, " +
         std::to_string(plan.length) + " ns";
}

TEST(ScalingSimulation, EachTaskEndsOnce) {
  for (const Topology topology : kTopologies) {
    for (const std::size_t ranks : {1U, 3U, 10U}) {
      for (const double length : kLengths) {
        for (const std::size_t workers : {1U, 3U}) {
          Plan plan = job(topology, ranks, 1500, length);
          plan.workers = workers;
          plan.slow_share = 0.3;
          plan.slow_times = 4;
          plan.long_share = 0.05;
          plan.long_times = 20;
          const Outcome outcome = simulate(plan);
          EXPECT_EQ(outcome.ended, plan.tasks) << text_of(plan);
          EXPECT_EQ(outcome.ended_twice, 0U) << text_of(plan);
        }
      }
    }
  }
}

TEST(ScalingSimulation, IsTheSameWithTheSameSeed) {
  for (const Topology topology : kTopologies) {
    Plan plan = job(topology, 9, 2000, 100 * kMicrosecond);
    plan.slow_share = 0.2;
    plan.slow_times = 3;
    plan.long_share = 0.1;
    plan.long_times = 10;
    const Outcome one = simulate(plan);
    const Outcome same = simulate(plan);
    EXPECT_EQ(one.seconds, same.seconds);
    EXPECT_EQ(one.events, same.events);
    EXPECT_EQ(one.messages, same.messages);
    EXPECT_EQ(one.stolen, same.stolen);
    plan.seed = 2;
    EXPECT_NE(one.seconds, simulate(plan).seconds) << "other tasks are the long ones";
  }
}

TEST(ScalingSimulation, IsNoFasterThanWhatEachPartSpends) {
  for (const Topology topology : kTopologies) {
    for (const std::size_t ranks : {1U, 8U, 40U}) {
      for (const double length : kLengths) {
        const Plan plan = job(topology, ranks, 3000, length);
        const Outcome outcome = simulate(plan);
        const Costs& costs = plan.costs;
        EXPECT_LE(outcome.rate * costs.submit, 1e9) << text_of(plan);
        EXPECT_LE(outcome.rate * costs.conductor, 1e9) << text_of(plan);
        EXPECT_LE(outcome.rate * costs.server, 1e9 * static_cast<double>(ranks)) << text_of(plan);
        EXPECT_LE(outcome.rate * (costs.worker + length), 1e9 * static_cast<double>(ranks))
            << text_of(plan);
        EXPECT_LE(outcome.efficiency, 1.0) << text_of(plan);
        EXPECT_LE(outcome.root_busy, 1.0) << text_of(plan);
        EXPECT_GE(outcome.workers, costs.worker + length - 1) << text_of(plan);
      }
    }
  }
}

TEST(ScalingSimulation, CostsMoreTimeWhereSomethingCostsMore) {
  const Plan plan = job(Topology::flat, 20, 4000, 100 * kMicrosecond);
  const double seconds = simulate(plan).seconds;
  const auto with = [&](auto&& change) {
    Plan other = plan;
    change(other);
    return simulate(other).seconds;
  };
  EXPECT_GT(with([](Plan& p) { p.length *= 2; }), seconds);
  EXPECT_GT(with([](Plan& p) { p.costs.conductor += 20 * kMicrosecond; }), seconds);
  EXPECT_GT(with([](Plan& p) { p.costs.submit += 50 * kMicrosecond; }), seconds);
  EXPECT_GT(with([](Plan& p) { p.costs.server += kMillisecond; }), seconds);
  EXPECT_GT(with([](Plan& p) { p.latency += 20 * kMillisecond; }), seconds);
  EXPECT_GT(with([](Plan& p) {
              p.slow_share = 0.5;
              p.slow_times = 10;
            }),
            seconds);
}

TEST(ScalingSimulation, IsFasterWithMoreRanksWhileRankZeroHasTime) {
  double before = 0;
  for (const std::size_t ranks : {1U, 2U, 4U, 8U, 16U, 32U}) {
    const double rate = simulate(job(Topology::flat, ranks, 40 * ranks, 10 * kMillisecond)).rate;
    EXPECT_GT(rate, 1.6 * before) << ranks;
    before = rate;
  }
}

TEST(ScalingSimulation, RankZeroIsTheBoundWhereThereAreManyRanks) {
  const Outcome few = simulate(job(Topology::flat, 2, 4000, kMillisecond));
  const Outcome many = simulate(job(Topology::flat, 2000, 40'000, kMillisecond));
  EXPECT_LT(few.root_busy, 0.5);
  EXPECT_GT(many.root_busy, 0.7);
  EXPECT_LT(many.efficiency, few.efficiency);
}

TEST(ScalingSimulation, ThreadsOfOneCoreShareIt) {
  // Server and worker on one core: a second one gives the worker what the server takes.
  const auto seconds = [](const std::vector<int>& placement) {
    Plan plan = job(Topology::flat, 1, 300, kMillisecond);
    plan.placements = {placement, placement};  // as seen twice: they stay
    return simulate(plan).seconds;
  };
  const double shared = seconds({0, 0, 1, 1});
  EXPECT_LT(seconds({0, 0, 1, 2}), shared);
  EXPECT_GE(seconds({0, 0, 0, 0}), shared);
}

TEST(ScalingSimulation, TasksThatSleepLeaveTheCoreToOthers) {
  Plan plan = job(Topology::flat, 2, 400, kMillisecond);
  const std::vector<int> all_on_one = {0, 0, 0, 0, 0, 0};
  plan.placements = {all_on_one, all_on_one};
  EXPECT_LT(simulate(plan).efficiency, 0.5) << "two that compute";
  plan.sleeps = true;
  EXPECT_GT(simulate(plan).efficiency, 0.9);
}

TEST(ScalingSimulation, APlacementNamesNoCoreThatIsNone) {
  Plan plan = job(Topology::flat, 1, 10, 0);
  plan.placements = {{0, 0, 1, -1}};
  EXPECT_THROW(simulate(plan), std::runtime_error);
}

TEST(ScalingSimulation, APlacementNamesEveryThread) {
  Plan plan = job(Topology::flat, 2, 10, 0);
  plan.placements = {{0, 0, 1, 1}};
  EXPECT_THROW(simulate(plan), std::runtime_error);
}

TEST(ScalingSimulation, IdleRanksStealFromSlowOnes) {
  Plan plan = job(Topology::stealing, 10, 1000, 10 * kMillisecond);
  plan.slow_share = 0.2;
  plan.slow_times = 10;
  const Outcome outcome = simulate(plan);
  EXPECT_GT(outcome.stolen, 50U);
  EXPECT_GT(outcome.efficiency, 0.7);
}

TEST(ScalingShare, GivesShortTasksAheadAndLongOnesNot) {
  const Algorithm algorithm;
  Share share;
  share.workers = 2;
  EXPECT_TRUE(share.has_idle_workers());
  share.give(0);
  share.give(0);
  EXPECT_FALSE(share.has_room(algorithm));
  share.ended(1, 10 * kMillisecond, algorithm);
  EXPECT_EQ(share.window(algorithm), 2U);
  for (int i = 1; i <= 50; ++i) {
    share.give(10 * kMillisecond);
    share.ended(1, 10 * kMillisecond + i * 10 * kMicrosecond, algorithm);
  }
  EXPECT_NEAR(static_cast<double>(share.window(algorithm)), 200, 25) << "2 ms of 10 us";
}

TEST(ScalingCurve, GoesThroughItsPoints) {
  Curve curve;
  curve.add(10, 100);
  curve.add(20, 300);
  curve.add(40, 300);
  EXPECT_EQ(curve.at(5), 100) << "not below the first";
  EXPECT_EQ(curve.at(10), 100);
  EXPECT_EQ(curve.at(15), 200);
  EXPECT_EQ(curve.at(30), 300);
  EXPECT_EQ(curve.at(400), 300);
}

}  // namespace
}  // namespace scaling
