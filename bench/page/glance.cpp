#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "bench/page/charts.hpp"
#include "bench/page/markup.hpp"
#include "bench/page/table.hpp"

namespace bench {

namespace {

struct Column {
  std::string_view family;
  std::string_view title;
};
constexpr std::array<Column, 5> kColumns = {{{"muster-process", "Muster’s process pool"},
                                             {"muster-thread", "Muster’s thread pool"},
                                             {"threads", "best thread pool"},
                                             {"processes", "best process pool"},
                                             {"python", "best of Python"}}};

const CaseRow* best_of(const Group& group, std::string_view family, const MetricRow& metric) {
  const CaseRow* best = nullptr;
  for (const CaseRow* const row : group.rows) {
    const Figure* const figure = row->figure(metric.key);
    if (figure == nullptr || family_of(*row).name != family) continue;
    const double median = figure->spread.median;
    if (best != nullptr) {
      const double held = best->figure(metric.key)->spread.median;
      if (metric.more_is_better ? median <= held : median >= held) continue;
    }
    best = row;
  }
  return best;
}

// The figure by which a scenario is known.
const MetricRow* headline(const ScenarioRows& scenario) {
  if (const auto percentiles = percentiles_of(scenario); !percentiles.empty()) {
    return percentiles.front();
  }
  const auto drawn = drawn_metrics(scenario);
  return drawn.empty() ? nullptr : drawn.front();
}

std::string cell(const Group& group, const Column& column, const CaseRow* row,
                 const CaseRow& winner, const MetricRow& metric) {
  const std::string head = fmt::format(R"(<td data-kind="{}" class="num)", column.title);
  if (row == nullptr) return head + R"( none">–</td>)";
  const Figure& figure = *row->figure(metric.key);
  const Spread& best = winner.figure(metric.key)->spread;
  const bool leads = standing_of(figure.spread, best, metric.more_is_better) == Standing::same;
  std::string out = fmt::format(R"({}{}"><b>{}</b>)", head, leads ? " lead-cell" : "",
                                shown_value(figure.spread.median, metric.unit));
  if (!is_muster(*row))
    out += fmt::format(R"(<div class="who">{}</div>)", escaped(shown_name(*row)));
  if (const std::string against = against_reference(group, *row, metric); !against.empty()) {
    out += fmt::format(R"(<div class="ratio">{}</div>)", against);
  }
  return out + "</td>";
}

std::string group_row(const ScenarioRows& scenario, const Group& group, const MetricRow& metric) {
  std::array<const CaseRow*, kColumns.size()> cells{};
  const CaseRow* winner = nullptr;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    cells[i] = best_of(group, kColumns[i].family, metric);
    if (cells[i] == nullptr) continue;
    if (winner == nullptr || (cells[i]->figure(metric.key)->spread.median >
                              winner->figure(metric.key)->spread.median) == metric.more_is_better) {
      winner = cells[i];
    }
  }
  if (std::count(cells.begin(), cells.end(), nullptr) >
      static_cast<std::ptrdiff_t>(cells.size()) - 2) {
    return "";  // nothing to compare
  }
  std::string out =
      fmt::format(R"(<tr><th scope="row"><a href="#{0}">{0}</a><div class="who">{1}</div></th>)",
                  escaped(scenario.name),
                  escaped(group.title.empty() ? metric.title : metric.title + ", " + group.title));
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    out += cell(group, kColumns[i], cells[i], *winner, metric);
  }
  return out + "</tr>\n";
}

}  // namespace

std::string glance_html(const Results& results) {
  std::string rows;
  for (const ScenarioRows& scenario : results.scenarios) {
    const MetricRow* const metric = headline(scenario);
    if (metric == nullptr) continue;
    for (const Group& group : groups_of(scenario)) {
      if (group.axis.empty()) rows += group_row(scenario, group, *metric);
    }
  }
  if (rows.empty()) return "";
  std::string head;
  for (const Column& column : kColumns) {
    const auto* const family =
        std::find_if(kFamilies.begin(), kFamilies.end(),
                     [&](const Family& each) { return each.name == column.family; });
    head += fmt::format(R"(<th class="num {}" scope="col"><i class="dot"></i>{}</th>)", family->css,
                        column.title);
  }
  return fmt::format(
      "<div class=\"scroll\"><table class=\"glance\"><thead><tr><th></th>{}</tr></thead>"
      "<tbody>\n{}</tbody></table></div>\n",
      head, rows);
}

}  // namespace bench
