#pragma once

#include <string>
#include <vector>

#include "bench/page/groups.hpp"
#include "bench/page/plot.hpp"

namespace bench {

// The metrics of a scenario that are percentiles: p50, p99, ...
std::vector<const MetricRow*> percentiles_of(const ScenarioRows& scenario);

// Those that are drawn as bars: what the scenario is about.
std::vector<const MetricRow*> drawn_metrics(const ScenarioRows& scenario);

// A row for each case of the group, the best first, those without figures last. Several metrics
// make dots, one makes bars.
Plot plot_of(const Group& group, const std::vector<const MetricRow*>& metrics);

// All values of these metrics, for one scale that serves several plots.
Scale scale_of(const std::vector<Plot>& plots, Unit unit);

// All charts of a scenario, as HTML; "" where tables say it better.
std::string charts_html(const ScenarioRows& scenario, const std::vector<Group>& groups);

// "Boost.Asio: 1.71 M/s [1.6 – 1.8], 9× slower", for the pointer.
std::string tip_of(const Group& group, const CaseRow& row,
                   const std::vector<const MetricRow*>& metrics);

}  // namespace bench
