#include "prove/ends_report.hpp"

#include <fmt/format.h>

namespace prove {

namespace {

std::uint64_t count_of(const std::map<std::string, std::uint64_t>& counts,
                       const std::string& what) {
  const auto found = counts.find(what);
  return found == counts.end() ? 0 : found->second;
}

std::string row(const std::string& what, std::uint64_t count) {
  return fmt::format("  {:<36} {:>8}\n", what, count);
}

}  // namespace

std::string missing_order(const EndsTotals& totals) {
  // With fewer rounds chance decides.
  constexpr std::uint64_t kEnough = 500;
  if (totals.rounds < kEnough) return "";
  for (const std::string& order : all_orders()) {
    if (count_of(totals.by_order, order) == 0) {
      return fmt::format("in none of {} rounds was killed: {}", totals.rounds, order);
    }
  }
  return "";
}

std::string ends_text(const EndsTotals& totals, bool own_folders, double seconds) {
  std::string text = fmt::format(
      "{} clients with a pool, {} processes killed in {:.1f} s; {} workers were stopped first\n",
      totals.rounds, totals.kills, seconds, totals.stops);
  text += "killed, in this order (more workers may follow the first)\n";
  for (const std::string& order : all_orders())
    text += row(order, count_of(totals.by_order, order));
  text += row("nobody: none of them was there", count_of(totals.by_order, order_name({})));
  text += "while the client\n";
  for (std::size_t i = 0; i < kPhases; ++i) text += row(kPhaseNames[i], totals.by_phase[i]);
  text += "by\n";
  for (const auto& [means, count] : totals.by_means) text += row(means, count);
  text += fmt::format("{} were there no more, or not yet, when they were to be killed\n",
                      totals.misses);
  text += fmt::format(
      "{} processes that tasks had started outlived client and supervisor, which both were "
      "killed\n",
      totals.orphans);
  text += own_folders ? "each client had a /tmp and a /dev/shm of its own\n"
                      : "in /tmp and /dev/shm only the pools' names were looked for: a mount "
                        "namespace is not permitted here\n";
  for (std::size_t i = 0; i < kEndFaults; ++i) {
    text += fmt::format("{} {}{}", kEndFaultNames[i], totals.faults[i],
                        i + 1 < kEndFaults ? ", " : "\n");
  }
  return text;
}

nlohmann::ordered_json ends_json(const EndsTotals& totals, bool own_folders, const Options& options,
                                 double seconds) {
  nlohmann::ordered_json json{{"schema", 1},
                              {"program", "muster-ends"},
                              {"seed", options.seed},
                              {"seconds", seconds},
                              {"rounds", totals.rounds},
                              {"kills", totals.kills},
                              {"misses", totals.misses},
                              {"stops", totals.stops},
                              {"orphans_of_tasks", totals.orphans},
                              {"own_folders", own_folders}};
  for (const std::string& order : all_orders()) {
    json["orders"][order] = count_of(totals.by_order, order);
  }
  json["nobody"] = count_of(totals.by_order, order_name({}));
  for (std::size_t i = 0; i < kPhases; ++i) json["while_it"][kPhaseNames[i]] = totals.by_phase[i];
  json["kills_of"] = totals.by_means;
  for (std::size_t i = 0; i < kEndFaults; ++i) json["faults"][kEndFaultNames[i]] = totals.faults[i];
  json["sentences"] = totals.sentences;
  return json;
}

}  // namespace prove
