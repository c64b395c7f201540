#include "bench/page/summary.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "bench/page/assets.hpp"
#include "bench/page/charts.hpp"
#include "bench/page/markup.hpp"

namespace bench {

namespace {

constexpr double kWidth = 920;
constexpr double kMargin = 28;
constexpr double kBetween = 36;
constexpr double kPanel = (kWidth - 2 * kMargin - kBetween) / 2;
constexpr double kTop = 118;  // where the charts begin

// How many of each family are worth a line, besides Muster's own.
std::size_t places_of(std::string_view family) {
  if (family == "threads") return 4;
  return family == "processes" ? 3 : 2;
}

const ScenarioRows* scenario_named(const Results& results, std::string_view name) {
  const auto found =
      std::find_if(results.scenarios.begin(), results.scenarios.end(),
                   [&](const ScenarioRows& scenario) { return scenario.name == name; });
  return found == results.scenarios.end() ? nullptr : &*found;
}

std::ptrdiff_t measured(const Group& group, const std::string& key) {
  return std::count_if(group.rows.begin(), group.rows.end(),
                       [&](const CaseRow* row) { return row->figure(key) != nullptr; });
}

// The first comparison of the process pool with the most peers; as it is with two workers, if it
// is.
const Group* widest(const std::vector<Group>& groups, const std::string& key) {
  const Group* best = nullptr;
  for (const Group& group : groups) {
    if (!group.axis.empty() || !group.has_own_reference()) continue;
    if (best == nullptr || measured(group, key) > measured(*best, key)) best = &group;
  }
  for (const Group& group : groups) {
    if (best != nullptr && group.variant == best->variant && group.axis.empty() &&
        group.workers == 2) {
      return &group;
    }
  }
  return best;
}

// Muster's own and the best of each kind of peer.
Group best_of(const Group& group, const MetricRow& metric) {
  Group chosen = group;
  std::erase_if(chosen.rows,
                [&](const CaseRow* row) { return row->figure(metric.key) == nullptr; });
  std::stable_sort(chosen.rows.begin(), chosen.rows.end(), [&](const CaseRow* a, const CaseRow* b) {
    const double one = a->figure(metric.key)->spread.median;
    const double other = b->figure(metric.key)->spread.median;
    return metric.more_is_better ? one > other : one < other;
  });
  std::map<std::string_view, std::size_t> taken;
  std::erase_if(chosen.rows, [&](const CaseRow* row) {
    const std::string_view family = family_of(*row).name;
    return !is_muster(*row) && ++taken[family] > places_of(family);
  });
  return chosen;
}

// Peers that are played in a way of their own, as they give no futures, compete with the others.
Group with_others(const Group& group, const std::vector<Group>& groups) {
  Group all = group;
  for (const Group& other : groups) {
    if (!other.has_own_reference() && other.axis.empty() && other.workers == group.workers) {
      all.rows.insert(all.rows.end(), other.rows.begin(), other.rows.end());
    }
  }
  return all;
}

struct Panel {
  std::string title;
  std::string subtitle;
  Drawing drawing;
};

Panel make_panel(const Group& group, const std::vector<const MetricRow*>& metrics,
                 const std::string& title, const std::string& variant) {
  constexpr double kLabel = 168;
  const Group best = best_of(group, *metrics.front());
  Plot plot = plot_of(best, metrics);
  // Both are sorted in the same way.
  for (std::size_t i = 0; i < plot.rows.size(); ++i) {
    if (best.rows[i]->variant == variant) continue;
    plot.rows[i].label = fitted(plot.rows[i].label, kLabel) + " *";
  }
  const Scale scale = scale_of({plot}, plot.unit);
  return {title, group.title, draw_rows(plot, scale)};
}

void add_panel(const ScenarioRows& scenario, const std::vector<const MetricRow*>& metrics,
               const std::string& title, std::vector<Panel>& panels) {
  if (metrics.empty()) return;
  const std::vector<Group> groups = groups_of(scenario);
  const Group* const group = widest(groups, metrics.front()->key);
  if (group == nullptr) return;
  panels.push_back(make_panel(with_others(*group, groups), metrics, title, group->variant));
}

std::vector<Panel> panels_of(const Results& results) {
  std::vector<Panel> panels;
  if (const ScenarioRows* const throughput = scenario_named(results, "throughput")) {
    add_panel(*throughput, drawn_metrics(*throughput), "Throughput of empty tasks", panels);
  }
  if (const ScenarioRows* const latency = scenario_named(results, "latency")) {
    auto metrics = percentiles_of(*latency);
    if (metrics.size() > 2) metrics.resize(2);
    std::string title = "Latency of one task at a time";
    if (metrics.size() == 2) {
      title += fmt::format(": {} ●, {} ○", metrics[0]->title, metrics[1]->title);
    }
    add_panel(*latency, metrics, title, panels);
  }
  return panels;
}

std::string fact(const Results& results, std::string_view name) {
  for (const auto& [key, value] : results.machine) {
    if (key == name) return value;
  }
  return "";
}

std::string legend(double y) {
  std::string out;
  double x = kMargin;
  for (const Family& family : kFamilies) {
    if (family.name == "serial") continue;
    out += fmt::format(R"(<circle class="key {}" cx="{:.0f}" cy="{:.0f}" r="4.5"/>)", family.css,
                       x + 4.5, y);
    out += svg_text("soft", fmt::format("{:.0f}", x + 15), 0, y + 4, family.title);
    x += 15 + text_width(family.title) + 20;
  }
  return out;
}

std::string panel_svg(const Panel& panel, double x) {
  const Drawing& drawing = panel.drawing;
  std::string out = svg_text("panel", fmt::format("{:.0f}", x), 0, kTop - 34, panel.title);
  out += svg_text("soft", fmt::format("{:.0f}", x), 0, kTop - 15, panel.subtitle);
  return out + fmt::format(R"(<svg class="plot" x="{:.0f}" y="{:.0f}" width="{:.0f}" )"
                           R"(height="{:.0f}" overflow="visible">{}</svg>)",
                           x + drawing.left, kTop, kPanel - drawing.left - drawing.right,
                           drawing.height, drawing.content);
}

}  // namespace

std::string summary_svg(const Results& results) {
  const std::vector<Panel> panels = panels_of(results);
  double height = kTop + 24;
  for (const Panel& panel : panels) height = std::max(height, kTop + panel.drawing.height);
  const double legend_y = height + 16;
  height += 44;
  std::string out = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1:.0f}" width="{0}" )"
      R"(height="{1:.0f}" role="img" aria-label="Muster beside the best of its peers">)"
      "\n<style>{2}</style>\n"
      R"(<rect class="paper" width="{0}" height="{1:.0f}" rx="6"/>)",
      kWidth, height, kSummaryStyle);
  const std::string left = fmt::format("{}", kMargin);
  out += svg_text("title", left, 0, 38, "Muster beside the best of its peers");
  std::string where = fact(results, "processor");
  if (const std::string date = fact(results, "date"); !date.empty()) where += "; " + date;
  out += svg_text("soft", left, 0, 57, where);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    out += '\n' + panel_svg(panels[i], kMargin + static_cast<double>(i) * (kPanel + kBetween));
  }
  if (panels.empty()) {
    out += svg_text("soft", left, 0, kTop, "There are no figures of throughput or latency here.");
  }
  if (out.find(" *</text>") != out.npos) {
    out += svg_text("soft end", fmt::format("{:.0f}", kWidth - kMargin), 0, legend_y + 4,
                    "* without futures");
  }
  return out + '\n' + legend(legend_y) + "\n</svg>\n";
}

}  // namespace bench
