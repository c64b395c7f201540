#include "bench/page/curve_charts.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "bench/page/curves.hpp"
#include "bench/page/groups.hpp"
#include "bench/page/markup.hpp"

namespace bench {

namespace {

// All that is measured along one axis in one way.
struct Sweep {
  std::string axis;
  std::string variant;
  std::vector<const CaseRow*> rows;
};

std::vector<Sweep> sweeps_of(const ScenarioRows& scenario) {
  std::vector<Sweep> sweeps;
  for (const CaseRow& row : scenario.cases) {
    if (row.axis.empty()) continue;
    const auto found = std::find_if(sweeps.begin(), sweeps.end(), [&](const Sweep& sweep) {
      return sweep.axis == row.axis && sweep.variant == row.variant;
    });
    Sweep& sweep = found == sweeps.end() ? sweeps.emplace_back() : *found;
    sweep.axis = row.axis;
    sweep.variant = row.variant;
    sweep.rows.push_back(&row);
  }
  return sweeps;
}

std::string workers_text(std::size_t workers) {
  return fmt::format("{} worker{}", workers, workers == 1 ? "" : "s");
}

// What a line stands for: a peer, and its workers where these are not what varies.
struct Line {
  std::string peer;
  std::size_t workers;
  bool operator==(const Line&) const = default;
};

Line line_of(const CaseRow& row) { return {row.peer, row.axis == "workers" ? 0 : row.workers}; }

std::size_t worker_counts(const Sweep& sweep) {
  std::set<std::size_t> counts;
  for (const CaseRow* const row : sweep.rows) counts.insert(line_of(*row).workers);
  return counts.size();
}

CurvePoint point_of(const CaseRow& row, const Figure& figure, const MetricRow& metric) {
  const std::string at = row.axis == "payload_bytes" ? shown_value(row.x, Unit::bytes)
                                                     : shown_count(row.x) + " " + row.axis;
  std::string tip = fmt::format("{}\n{}: {}", shown_name(row), at,
                                shown_value(figure.spread.median, metric.unit));
  if (figure.runs.size() >= kLeastRuns) tip += ' ' + shown_quartiles(figure.spread, metric.unit);
  return {row.x, figure.spread, tip};
}

std::vector<Curve> curves_of(const Sweep& sweep, const MetricRow& metric) {
  std::vector<Curve> curves;
  std::vector<Line> lines;
  std::map<std::string_view, int> in_family;
  const bool name_workers = worker_counts(sweep) > 1;
  constexpr int kDashes = 4;
  for (const CaseRow* const row : sweep.rows) {
    const Figure* const figure = row->figure(metric.key);
    if (figure == nullptr) continue;
    const auto found = std::find(lines.begin(), lines.end(), line_of(*row));
    const auto at = static_cast<std::size_t>(found - lines.begin());
    if (found == lines.end()) {
      lines.push_back(line_of(*row));
      Curve& curve = curves.emplace_back();
      curve.label = shown_name(*row);
      if (name_workers && row->workers != 0) curve.label += ", " + workers_text(row->workers);
      curve.css = family_of(*row).css;
      curve.own = is_muster(*row);
      curve.dash = in_family[curve.css]++ % kDashes;
    }
    curves[at].points.push_back(point_of(*row, *figure, metric));
  }
  for (Curve& curve : curves) {
    std::sort(curve.points.begin(), curve.points.end(),
              [](const CurvePoint& a, const CurvePoint& b) { return a.x < b.x; });
  }
  return curves;
}

std::string title_of(const Sweep& sweep) {
  std::string title = "Over " + axis_title(sweep.axis);
  if (sweep.axis != "workers" && worker_counts(sweep) == 1) {
    title += ", " + workers_text(sweep.rows.front()->workers);
  }
  return title;
}

std::string y_title(const MetricRow& metric) {
  return metric.unit == Unit::per_second ? metric.title + " per second" : metric.title;
}

bool is_curve(const std::vector<Curve>& curves) {
  return std::any_of(curves.begin(), curves.end(),
                     [](const Curve& curve) { return curve.points.size() >= 2; });
}

}  // namespace

std::string curve_charts_html(const ScenarioRows& scenario) {
  std::string out;
  for (const Sweep& sweep : sweeps_of(scenario)) {
    std::string charts;
    for (const MetricRow& metric : scenario.metrics) {
      const CurvePlot plot{
          .axis = sweep.axis, .unit = metric.unit, .curves = curves_of(sweep, metric)};
      if (is_curve(plot.curves)) charts += figure_html(y_title(metric), draw_curves(plot));
    }
    if (charts.empty()) continue;
    out += fmt::format("<h3>{}</h3>\n<div class=\"panels curves\">\n{}</div>\n",
                       escaped(title_of(sweep)), charts);
  }
  return out;
}

}  // namespace bench
