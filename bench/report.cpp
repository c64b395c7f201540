#include "bench/report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/comparison.hpp"
#include "bench/statistics.hpp"

namespace bench {

namespace {

constexpr std::size_t kLineWidth = 100;
constexpr std::string_view kIndent = "  ";

// Breaks text between words.
std::string wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size() == text.size() ? word.size() : word.size() + 1);
    if (column != 0 && column + 1 + word.size() > kLineWidth) {
      out += '\n';
      column = 0;
    }
    const std::string_view before = column == 0 ? indent : " ";
    out += before;
    out += word;
    column += before.size() + word.size();
  }
  return out + '\n';
}

std::string value_text(const CaseResult& one, const Metric& metric) {
  const auto found = one.values.find(metric.key);
  if (found == one.values.end() || found->second.empty()) return "-";
  const bool same = std::all_of(found->second.begin(), found->second.end(),
                                [&](double value) { return value == found->second.front(); });
  if (same) return format_value(found->second.front(), metric.unit);
  return format_spread(spread_of(found->second), metric.unit);
}

using Row = std::vector<std::string>;

std::string rows_text(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    if (row.size() == 1) continue;  // a remark, with nothing beside it
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += kIndent;
      line += i == 0 ? fmt::format("{:<{}}", row[i], widths[i])
                     : fmt::format("{:>{}}", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

bool has_comparisons(const ScenarioResult& result) {
  return std::any_of(result.cases.begin(), result.cases.end(), [&](const CaseResult& one) {
    return compare_with_process_pool(result, one, result.metrics.front()).has_value();
  });
}

}  // namespace

std::string heading_text(const Facts& machine, const Settings& settings,
                         const std::vector<std::string>& doubts) {
  std::vector<Row> rows;
  std::string text;
  for (const auto& [name, value] : machine) text += fmt::format("{:<10} {}\n", name, value);
  text += fmt::format("{:<10} {} runs of each, in turns, each in a new process; workers: {}{}\n",
                      "options", settings.runs, fmt::join(settings.workers, ", "),
                      settings.quick ? "; quick" : "");
  for (const std::string& doubt : doubts) text += fmt::format("{:<10} {}\n", "beware", doubt);
  return text + "Figures are medians, with [first .. third quartile].\n";
}

std::string table_text(const ScenarioResult& result) {
  std::string text = result.name + '\n' + wrapped(result.summary, "");
  const bool compared = has_comparisons(result);
  std::vector<Row> rows(1);
  rows[0].push_back("");
  for (const Metric& metric : result.metrics) rows[0].push_back(metric.title);
  if (compared) rows[0].push_back(result.metrics.front().title + " beside the process pool's");
  for (const CaseResult& one : result.cases) {
    Row row = {one.cell.label()};
    if (!one.cell.missing.empty()) {
      row[0] += ": missing: " + one.cell.missing;
    } else {
      for (const Metric& metric : result.metrics) row.push_back(value_text(one, metric));
      if (compared) row.push_back(comparison_text(result, one, result.metrics.front()));
    }
    rows.push_back(std::move(row));
  }
  text += rows_text(rows);
  for (const CaseResult& one : result.cases) {
    if (!one.failure.empty())
      text += wrapped(one.cell.label() + ": FAILED: " + one.failure, kIndent);
  }
  for (const std::string& note : result.notes) text += wrapped(note, kIndent);
  return text;
}

}  // namespace bench
