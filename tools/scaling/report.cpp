#include "tools/scaling/report.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace scaling {

std::string length_text(double ns) {
  if (ns == 0) return "empty";
  if (ns < 1e3) return fmt::format("{:.3g} ns", ns);
  if (ns < 1e6) return fmt::format("{:.3g} us", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.3g} ms", ns / 1e6);
  return fmt::format("{:.3g} s", ns / 1e9);
}

std::string rate_text(double rate) {
  if (rate >= 1e6) return fmt::format("{:.2f} M/s", rate / 1e6);
  if (rate >= 1e3) return fmt::format("{:.1f} k/s", rate / 1e3);
  return fmt::format("{:.1f} /s", rate);
}

std::string costs_table(const Costs& costs) {
  std::string out = "| cost | ns | how it was found |\n| --- | --- | --- |\n";
  const auto row = [&](const char* what, double ns, const char* how) {
    fmt::format_to(std::back_inserter(out), "| {} | {:.0f} | {} |\n", what, ns, how);
  };
  row("a task, submitted", costs.submit, "measured, while no worker can take one");
  row("a task, its result collected", costs.collect, "measured, when all have come");
  row("a task, in rank 0's thread for MPI", costs.conductor, "fitted");
  row("a task, in the rank that serves it", costs.server, "fitted");
  row("a task, in its worker", costs.worker, "fitted");
  row("a message of 64 bytes, sent", costs.send.at(64), "measured");
  row("the same, received", costs.receive.at(64), "measured: one way, less sending");
  row("a message of 16 KiB, sent", costs.send.at(16384), "measured");
  row("the same, received", costs.receive.at(16384), "measured: one way, less sending");
  row("a look for messages that finds none", costs.probe, "measured");
  const Costs::Sleep& alone = costs.sleep_beside(0);
  const Costs::Sleep& beside = costs.sleep_beside(1);
  row("a sleep of 8 us, of a core that does nothing else", alone.processor.at(8'000), "measured");
  row("the same, from its begin to its end", alone.processor.at(8'000) + alone.away.at(8'000),
      "measured");
  row("a sleep of 8 us beside a thread that computes", beside.processor.at(8'000), "measured");
  row("the same, from its begin to its end", beside.processor.at(8'000) + beside.away.at(8'000),
      "measured");
  row("a sleep of 1 ms, of a core that does nothing else", alone.processor.at(1e6), "measured");
  row("a thread, woken", costs.wake, "measured");
  row("a thread that computes, interrupted by one that wakes", costs.interruption, "measured");
  row("a worker that has nothing to do, and sleeps", costs.idle_worker, "measured");
  row("a rank, for each task where none is idle", costs.scan, "measured");
  row("a rank, for each turn of rank 0's loop", costs.turn, "measured");
  return out;
}

std::string comparison_table(const std::vector<Comparison>& comparisons) {
  std::string out =
      "| ranks | task | measured | quartiles | simulated | difference |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const Comparison& each : comparisons) {
    fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} .. {} | {} | {:+.1f}% |\n",
                   each.ranks, length_text(each.length) + (each.sleeps ? ", asleep" : ""),
                   rate_text(each.measured), rate_text(each.lower), rate_text(each.upper),
                   rate_text(each.simulated), 100 * each.error());
  }
  return out;
}

std::string prediction_table(const std::vector<Prediction>& predictions) {
  std::string out =
      "| ranks | task | topology | tasks a second | efficiency | rank 0 busy | stolen |\n"
      "| --- | --- | --- | --- | --- | --- | --- |\n";
  for (const auto& [plan, outcome] : predictions) {
    fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {:.0f}% | {:.0f}% | {} |\n",
                   plan.ranks, length_text(plan.length), name_of(plan.topology),
                   rate_text(outcome.rate), 100 * outcome.efficiency, 100 * outcome.root_busy,
                   outcome.stolen);
  }
  return out;
}

std::string efficiency_chart(const std::vector<Prediction>& predictions) {
  using Points = std::map<double, double>;
  std::map<std::pair<Topology, double>, Points> curves;
  double most = 1;
  for (const auto& [plan, outcome] : predictions) {
    const auto ranks = static_cast<double>(plan.ranks);
    most = std::max(most, ranks);
    curves[{plan.topology, plan.length}][ranks] = outcome.efficiency;
  }
  constexpr double kLeft = 60, kTop = 20, kWidth = 520, kHeight = 300, kLegend = 190;
  const double decades = std::max(1.0, std::ceil(std::log10(most) - 1e-9));
  const auto x = [&](double ranks) { return kLeft + kWidth * std::log10(ranks) / decades; };
  const auto y = [&](double share) { return kTop + kHeight * (1 - std::min(1.0, share)); };
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      kLeft + kWidth + kLegend, kTop + kHeight + 50);
  for (int i = 0; i <= 4; ++i) {
    const double share = i / 4.0;
    fmt::format_to(std::back_inserter(out),
                   "<line x1=\"{}\" y1=\"{:.1f}\" x2=\"{}\" y2=\"{:.1f}\" stroke=\"#ddd\"/>"
                   "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:.0f}%</text>\n",
                   kLeft, y(share), kLeft + kWidth, y(share), kLeft - 8, y(share) + 4, 100 * share);
  }
  for (int i = 0; i <= static_cast<int>(decades); ++i) {
    const double ranks = std::pow(10, i);
    fmt::format_to(std::back_inserter(out),
                   "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:.0f}</text>\n", x(ranks),
                   kTop + kHeight + 18, ranks);
  }
  fmt::format_to(std::back_inserter(out),
                 "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">ranks that serve</text>\n",
                 kLeft + kWidth / 2, kTop + kHeight + 40);
  const char* const colours[] = {"#1b6ca8", "#d1495b", "#2e8b57", "#8d6a9f", "#e08e0b", "#444444"};
  std::map<double, std::size_t> colour_of;
  for (const auto& [key, curve] : curves) colour_of.emplace(key.second, colour_of.size());
  double legend = kTop + 10;
  for (const auto& [key, curve] : curves) {
    const char* const colour = colours[colour_of[key.second] % std::size(colours)];
    const char* const dashes = key.first == Topology::flat   ? "none"
                               : key.first == Topology::tree ? "7 3"
                                                             : "2 3";
    std::string points;
    for (const auto& [ranks, share] : curve) {
      fmt::format_to(std::back_inserter(points), "{:.1f},{:.1f} ", x(ranks), y(share));
    }
    fmt::format_to(std::back_inserter(out),
                   "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" "
                   "stroke-dasharray=\"{}\"/>\n"
                   "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"2\" "
                   "stroke-dasharray=\"{}\"/><text x=\"{}\" y=\"{}\">{}, {}</text>\n",
                   points, colour, dashes, kLeft + kWidth + 15, legend, kLeft + kWidth + 45, legend,
                   colour, dashes, kLeft + kWidth + 52, legend + 4, name_of(key.first),
                   length_text(key.second));
    legend += 18;
  }
  return out + "</svg>\n";
}

}  // namespace scaling
