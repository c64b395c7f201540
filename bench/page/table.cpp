#include "bench/page/table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/page/families.hpp"
#include "bench/page/markup.hpp"

namespace bench {

namespace {

constexpr std::size_t kMostOpenRows = 40;  // a longer table is folded

std::string figure_cell(const Group& group, const CaseRow& row, const MetricRow& metric) {
  const Figure* const figure = row.figure(metric.key);
  if (figure == nullptr) return R"(<td class="num none">–</td>)";
  std::string out =
      fmt::format(R"(<td class="num"><b>{}</b>)", shown_value(figure->spread.median, metric.unit));
  if (figure->runs.size() > 1 && !metric.is_amount()) {
    out +=
        fmt::format(R"( <span class="q">{}</span>)", shown_quartiles(figure->spread, metric.unit));
  }
  if (const std::string against = against_reference(group, row, metric); !against.empty()) {
    out += fmt::format(R"(<div class="ratio{}">{}</div>)",
                       against == "no real difference" ? " same" : "", against);
  }
  return out + "</td>";
}

std::size_t runs_of(const CaseRow& row) {
  std::size_t most = 0;
  for (const auto& [key, figure] : row.figures) most = std::max(most, figure.runs.size());
  return most;
}

std::string row_html(const Group& group, const CaseRow& row,
                     const std::vector<MetricRow>& metrics) {
  std::string out =
      fmt::format(R"(<tr class="{}{}"><th scope="row"><i class="dot"></i>{}</th>)",
                  family_of(row).css, is_muster(row) ? " own" : "", escaped(shown_name(row)));
  if (row.figures.empty()) {
    const std::string why = !row.missing.empty()   ? "missing: " + row.missing
                            : !row.failure.empty() ? "failed: " + row.failure
                                                   : "not measured";
    return out + fmt::format("<td class=\"why\" colspan=\"{}\">{}</td></tr>\n", metrics.size() + 2,
                             escaped(why));
  }
  for (const MetricRow& metric : metrics) out += figure_cell(group, row, metric);
  out += fmt::format("<td class=\"num\">{}</td><td>{}</td></tr>\n", runs_of(row),
                     row.cold ? "cold" : "hot");
  if (!row.failure.empty()) {
    out += fmt::format("<tr><td></td><td class=\"why\" colspan=\"{}\">failed: {}</td></tr>\n",
                       metrics.size() + 2, escaped(row.failure));
  }
  return out;
}

}  // namespace

std::string table_html(const ScenarioRows& scenario, const std::vector<Group>& groups) {
  std::size_t rows = 0;
  std::string body;
  for (const Group& group : groups) {
    rows += group.rows.size();
    body += "<tbody>\n";
    if (!group.title.empty()) {
      body +=
          fmt::format("<tr class=\"group\"><th colspan=\"{}\" scope=\"rowgroup\">{}</th></tr>\n",
                      scenario.metrics.size() + 3, escaped(group.title));
    }
    for (const CaseRow* const row : group.rows) body += row_html(group, *row, scenario.metrics);
    body += "</tbody>\n";
  }
  if (rows == 0) return "";
  std::string head = "<thead><tr><th></th>";
  for (const MetricRow& metric : scenario.metrics) {
    const std::string heat = metric.heat.empty() ? "" : " (" + metric.heat + ")";
    head += fmt::format("<th class=\"num\" scope=\"col\">{}</th>", escaped(metric.title + heat));
  }
  head += "<th class=\"num\" scope=\"col\">runs</th><th scope=\"col\">state</th></tr></thead>\n";
  return fmt::format(
      "<details{}><summary>All figures: {} rows</summary><div "
      "class=\"scroll\"><table>{}{}</table></div>"
      "</details>\n",
      rows <= kMostOpenRows ? " open" : "", rows, head, body);
}

}  // namespace bench
