#include "bench/compare/report.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bench {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kColumns = 6;
using Row = std::array<std::string, kColumns>;

// In the result of --json, whatever the figure is.
std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::better: return "better";
    case Verdict::worse: return "worse";
    case Verdict::unsure: return "unsure";
    case Verdict::failed: return "failed";
    case Verdict::without: return "without figures";
    case Verdict::missing_in_new: return "missing in new";
    case Verdict::missing_in_old: return "missing in old";
    case Verdict::same: break;
  }
  return "same";
}

std::string_view word_for(const MetricRow& metric, bool better) {
  const bool grew = better == metric.more_is_better;
  switch (metric.unit) {
    case Unit::bytes: return grew ? "larger" : "smaller";
    case Unit::count: return grew ? "more" : "fewer";
    case Unit::seconds:
    case Unit::per_second:
    case Unit::bytes_per_second: break;
  }
  return better ? "faster" : "slower";
}

std::string figure_text(const std::optional<Figure>& figure, Unit unit) {
  if (!figure) return "-";
  if (figure->runs.size() < 2) return format_value(figure->spread.median, unit);
  return format_spread(figure->spread, unit);
}

std::string ratio_text(const Difference& difference) {
  if (!difference.before || !difference.after || difference.before->spread.median == 0) return "-";
  return fmt::format("{:.3f}", difference.after->spread.median / difference.before->spread.median);
}

Row row_of(const Difference& difference) {
  const Unit unit = difference.metric.unit;
  std::string verdict(verdict_text(difference));
  if (!difference.failure.empty()) verdict += ": " + difference.failure;
  return {difference.cell,
          difference.metric.title,
          figure_text(difference.before, unit),
          figure_text(difference.after, unit),
          ratio_text(difference),
          std::move(verdict)};
}

std::string rows_text(const std::vector<Row>& rows) {
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) {
      const bool number = i >= 2 && i <= 4;
      line += number ? fmt::format("  {:>{}}", row[i], widths[i])
                     : fmt::format("  {:<{}}", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string counts_text(const std::vector<Difference>& differences) {
  std::string text;
  for (const Verdict verdict :
       {Verdict::worse, Verdict::failed, Verdict::better, Verdict::same, Verdict::unsure,
        Verdict::without, Verdict::missing_in_new, Verdict::missing_in_old}) {
    const auto count =
        std::count_if(differences.begin(), differences.end(),
                      [&](const Difference& difference) { return difference.verdict == verdict; });
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, verdict_name(verdict));
  }
  return fmt::format("{} figures: {}\n", differences.size(), text);
}

Json figure_json(const std::optional<Figure>& figure) {
  if (!figure) return nullptr;
  return {{"median", figure->spread.median},
          {"lower_quartile", figure->spread.lower},
          {"upper_quartile", figure->spread.upper},
          {"runs", figure->runs.size()}};
}

}  // namespace

std::string_view verdict_text(const Difference& difference) {
  switch (difference.verdict) {
    case Verdict::better: return word_for(difference.metric, true);
    case Verdict::worse: return word_for(difference.metric, false);
    case Verdict::missing_in_new: return "missing in the new file";
    case Verdict::missing_in_old: return "missing in the old file";
    case Verdict::unsure: return "too few runs to tell";
    case Verdict::without: return "fails, and had no figures before";
    case Verdict::same:
    case Verdict::failed: break;
  }
  return verdict_name(difference.verdict);
}

std::string differences_text(const std::vector<Difference>& differences, bool changes_only) {
  std::string text;
  std::string scenario;
  std::vector<Row> rows;
  const auto flush = [&] {
    if (rows.size() > 1) text += scenario + '\n' + rows_text(rows) + '\n';
    rows = {{"", "", "old", "new", "new/old", "verdict"}};
  };
  for (const Difference& difference : differences) {
    if (difference.scenario != scenario) {
      flush();
      scenario = difference.scenario;
    }
    if (!changes_only || difference.verdict != Verdict::same) rows.push_back(row_of(difference));
  }
  flush();
  return text + counts_text(differences);
}

std::string differences_json(const std::vector<Difference>& differences,
                             const std::vector<std::string>& doubts, double threshold) {
  Json json = {{"threshold", threshold}, {"doubts", doubts}, {"figures", Json::array()}};
  for (const Difference& difference : differences) {
    Json one = {{"scenario", difference.scenario},
                {"peer", difference.peer},
                {"cell", difference.cell},
                {"metric", difference.metric.key},
                {"unit", unit_name(difference.metric.unit)},
                {"old", figure_json(difference.before)},
                {"new", figure_json(difference.after)},
                {"ratio", nullptr},
                {"p", nullptr},
                {"verdict", verdict_name(difference.verdict)}};
    if (difference.before && difference.after && difference.before->spread.median != 0) {
      one["ratio"] = difference.after->spread.median / difference.before->spread.median;
    }
    if (difference.chance) one["p"] = difference.chance->p;
    if (!difference.failure.empty()) one["failure"] = difference.failure;
    json["figures"].push_back(std::move(one));
  }
  json["regression"] = has_regression(differences);
  json["too_few_runs"] = has_unsure(differences);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace bench
