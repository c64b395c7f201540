#include "bench/page/charts.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "bench/page/curve_charts.hpp"
#include "bench/page/markup.hpp"

namespace bench {

namespace {

bool is_percentile(const MetricRow& metric) {
  return metric.key.size() > 1 && metric.key[0] == 'p' &&
         std::isdigit(static_cast<unsigned char>(metric.key[1])) != 0;
}

// Scenarios in which more than the first metric is worth a drawing.
struct Drawn {
  std::string_view scenario;
  std::array<std::string_view, 3> metrics;
};
constexpr std::array<Drawn, 2> kDrawn = {
    {{"start", {"first", "ended", "pss"}}, {"transfer", {"again", "first", ""}}}};

// Missing or broken peers are told once, in few words; the table has them in full.
std::string instead_of_value(const CaseRow& row) {
  if (!row.missing.empty()) return "missing";
  return row.failure.empty() ? "not measured" : "failed";
}

PlotRow plot_row(const Group& group, const CaseRow& row,
                 const std::vector<const MetricRow*>& metrics) {
  PlotRow out;
  out.label = shown_name(row);
  if (&row == group.reference && !group.has_own_reference()) out.label += ", " + row.variant;
  out.css = family_of(row).css;
  out.own = is_muster(row);
  // Too few samples have no p99.9.
  for (const MetricRow* const metric : metrics) {
    const Figure* const figure = row.figure(metric->key);
    if (figure == nullptr) break;
    out.values.push_back(figure->spread);
  }
  if (out.values.empty()) out.instead = instead_of_value(row);
  out.tip = tip_of(group, row, metrics);
  return out;
}

// The peer has figures, but not of this metric: nobody expects it in the drawing.
bool beside_the_point(const CaseRow& row, const MetricRow& metric) {
  return !row.figures.empty() && row.failure.empty() && row.figure(metric.key) == nullptr;
}

bool worth_drawing(const Plot& plot) {
  const auto drawn = std::count_if(plot.rows.begin(), plot.rows.end(),
                                   [](const PlotRow& row) { return !row.values.empty(); });
  return drawn >= 2;
}

std::string axis_name(const MetricRow& metric) {
  return metric.unit == Unit::per_second ? metric.title + " per second" : metric.title;
}

// A chart for each group, all with the same scale, so that they can be compared, too.
std::string row_charts(const std::vector<Group>& groups,
                       const std::vector<const MetricRow*>& metrics) {
  std::vector<Plot> plots;
  for (const Group& group : groups) {
    if (!group.axis.empty() || group.rows.front()->peer.empty()) continue;
    if (Plot plot = plot_of(group, metrics); worth_drawing(plot)) plots.push_back(std::move(plot));
  }
  if (plots.empty()) return "";
  const Scale scale = scale_of(plots, metrics.front()->unit);
  std::string out = R"(<div class="panels">)"
                    "\n";
  for (const Plot& plot : plots) out += figure_html(plot.title, draw_rows(plot, scale));
  return out + "</div>\n";
}

std::string marks_legend(const std::vector<const MetricRow*>& metrics) {
  std::string out = R"(<p class="legend marks">)";
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    out +=
        fmt::format(R"(<span><svg width="12" height="12"><circle class="mark m{}" cx="6" cy="6" )"
                    R"(r="{}"/></svg>{}</span>)",
                    i, i == 0 ? 5 : 3.6, escaped(metrics[i]->title));
  }
  return out + "</p>\n";
}

}  // namespace

std::vector<const MetricRow*> percentiles_of(const ScenarioRows& scenario) {
  std::vector<const MetricRow*> found;
  for (const MetricRow& metric : scenario.metrics) {
    if (is_percentile(metric)) found.push_back(&metric);
  }
  return found;
}

std::vector<const MetricRow*> drawn_metrics(const ScenarioRows& scenario) {
  std::vector<const MetricRow*> found;
  for (const Drawn& drawn : kDrawn) {
    if (drawn.scenario != scenario.name) continue;
    for (const MetricRow& metric : scenario.metrics) {
      if (std::count(drawn.metrics.begin(), drawn.metrics.end(), metric.key) != 0) {
        found.push_back(&metric);
      }
    }
  }
  if (!found.empty()) return found;
  // Counts are better read in the table.
  const auto first = std::find_if_not(
      scenario.metrics.begin(), scenario.metrics.end(),
      [](const MetricRow& metric) { return is_percentile(metric) || metric.unit == Unit::count; });
  if (first != scenario.metrics.end()) found.push_back(&*first);
  return found;
}

Plot plot_of(const Group& group, const std::vector<const MetricRow*>& metrics) {
  Plot plot;
  plot.title = group.title;
  plot.unit = metrics.front()->unit;
  if (metrics.size() == 1) {
    plot.axis = axis_name(*metrics.front());
    if (plot.title.empty()) plot.title = plot.axis;
  } else {
    plot.axis = "latency";
    for (const MetricRow* const metric : metrics) plot.marks.push_back(metric->title);
  }
  for (const CaseRow* const row : group.rows) {
    if (beside_the_point(*row, *metrics.front())) continue;
    plot.rows.push_back(plot_row(group, *row, metrics));
  }
  if (group.reference != nullptr && !group.has_own_reference()) {
    plot.rows.push_back(plot_row(group, *group.reference, metrics));
  }
  const bool more_is_better = metrics.front()->more_is_better;
  std::stable_sort(plot.rows.begin(), plot.rows.end(), [&](const PlotRow& a, const PlotRow& b) {
    if (a.values.empty() || b.values.empty()) return !a.values.empty() && b.values.empty();
    const double one = a.values.front().median;
    const double other = b.values.front().median;
    return more_is_better ? one > other : one < other;
  });
  return plot;
}

Scale scale_of(const std::vector<Plot>& plots, Unit unit) {
  std::vector<double> values;
  bool dots = false;
  for (const Plot& plot : plots) {
    dots = dots || !plot.marks.empty();
    for (const PlotRow& row : plot.rows) {
      for (const Spread& spread : row.values) {
        values.insert(values.end(), {spread.lower, spread.median, spread.upper});
      }
    }
  }
  return dots ? Scale::logarithmic(values, unit) : Scale::for_values(values, unit);
}

std::string charts_html(const ScenarioRows& scenario, const std::vector<Group>& groups) {
  std::string out;
  const auto drawn = drawn_metrics(scenario);
  for (const MetricRow* const metric : drawn) {
    const std::string charts = row_charts(groups, {metric});
    if (charts.empty()) continue;
    if (drawn.size() > 1) out += fmt::format("<h3>{}</h3>\n", escaped(axis_name(*metric)));
    out += charts;
  }
  if (const auto percentiles = percentiles_of(scenario); percentiles.size() >= 2) {
    const std::string charts = row_charts(groups, percentiles);
    if (!charts.empty()) out += marks_legend(percentiles) + charts;
  }
  return out + curve_charts_html(scenario);
}

std::string tip_of(const Group& group, const CaseRow& row,
                   const std::vector<const MetricRow*>& metrics) {
  std::string text = shown_name(row);
  for (const MetricRow* const metric : metrics) {
    const Figure* const figure = row.figure(metric->key);
    if (figure == nullptr) continue;
    text +=
        fmt::format("\n{}: {}", metric->title, shown_value(figure->spread.median, metric->unit));
    if (figure->runs.size() >= kLeastRuns)
      text += ' ' + shown_quartiles(figure->spread, metric->unit);
    const std::string against = against_reference(group, row, *metric);
    if (!against.empty()) text += ", " + against;
  }
  if (!row.missing.empty()) text += "\nmissing: " + row.missing;
  if (!row.failure.empty()) text += "\nfailed: " + row.failure;
  return text;
}

}  // namespace bench
