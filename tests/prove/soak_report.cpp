#include "prove/soak_report.hpp"

#include <fmt/format.h>

#include "prove/large_report.hpp"
#include "prove/walk.hpp"

namespace prove {

namespace {

constexpr const char* kOwnEndNames[kOwnEnds] = {"SIGKILL by the task", "SIGSEGV in the task",
                                                "abort() in the task", "exit() in the task",
                                                "_exit() in the task"};

std::uint64_t all_kills(const SoakTotals& totals) {
  return totals.kills.all(ledger().all_own_ends());
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string row(const std::string& what, std::uint64_t count, std::uint64_t whole) {
  return fmt::format("  {:<22} {:>10}  {:>5.1f} %\n", what, count, percent(count, whole));
}

std::string walks_text(const KillCounts& kills) {
  if (!Walk::possible()) {
    return "none of them could be led on to a rare kind of instant (ptrace)";
  }
  return fmt::format("{} of them were led on to a rare kind of instant, and {} came there",
                     kills.walks.load(), kills.arrivals.load());
}

}  // namespace

std::string missing_instants(const SoakTotals& totals) {
  // With fewer kills chance decides.
  constexpr std::uint64_t kEnough = 2000;
  const std::uint64_t all = all_kills(totals);
  if (all < kEnough) return "";
  for (std::size_t i = 0; i < kDoings; ++i) {
    if (static_cast<Doing>(i) == Doing::starting || totals.kills.by_doing[i].load() * 100 >= all)
      continue;
    return fmt::format("only {} of {} kills hit a worker while it was: {}",
                       totals.kills.by_doing[i].load(), all, kDoingNames[i]);
  }
  return "";
}

std::string soak_text(const SoakTotals& totals, const Verdict& verdict, const Options& options,
                      double seconds) {
  const std::uint64_t all = all_kills(totals);
  std::string text = fmt::format(
      "{} workers killed in {:.1f} s, {} pools; of {} that are to break {} did, {} had to\n"
      "the pools told of {} deaths, {} of which the program had asked for\n"
      "{} workers were hit when they had ended in order, {} right before their pool's end, when "
      "nobody asks it any more\n",
      all, seconds, totals.rounds.load(), totals.pools_to_break.load(), totals.broken_pools.load(),
      totals.pools_that_had_to.load(), totals.deaths.load(), totals.deaths_asked_for.load(),
      totals.hit_when_ended.load(), totals.late_kills.load());
  text += "while the worker was\n";
  for (std::size_t i = 0; i < kDoings; ++i)
    text += row(kDoingNames[i], totals.kills.by_doing[i], all);
  text += row("not stopped before", totals.kills.async.load(), all);
  text += row("ending itself", ledger().all_own_ends(), all);
  text += "by\n";
  for (std::size_t i = 0; i < kKillSignals.size(); ++i) {
    text += row(kKillSignalNames[i], totals.kills.by_signal[i], all);
  }
  for (std::size_t i = 0; i < kOwnEnds; ++i) {
    text += row(kOwnEndNames[i], ledger().own_ends[i].load(), all);
  }
  text += fmt::format("and {} times stopped, and let go on unless killed; {}\n",
                      totals.kills.stops.load(), walks_text(totals.kills));
  text += fmt::format("{} tasks, which began {} times; {} callbacks; told of them\n",
                      totals.tasks.load(), totals.begun.load(), totals.callbacks.load());
  for (std::size_t i = 0; i < kTolds; ++i) {
    if (totals.told[i].load() != 0)
      text += row(kToldNames[i], totals.told[i].load(), totals.tasks.load());
  }
  text += large_text(totals.large, options);
  for (std::size_t i = 0; i < kFaults; ++i) {
    text += fmt::format("{} {}{}", kFaultNames[i], verdict.count(static_cast<Fault>(i)),
                        i + 1 < kFaults ? ", " : "\n");
  }
  return text;
}

nlohmann::ordered_json soak_json(const SoakTotals& totals, const Verdict& verdict,
                                 const Options& options, double seconds) {
  nlohmann::ordered_json json{
      {"schema", 1},        {"program", "muster-soak"},   {"seed", options.seed},
      {"seconds", seconds}, {"kills", all_kills(totals)}, {"stops", totals.kills.stops.load()}};
  for (std::size_t i = 0; i < kDoings; ++i) {
    json["kills_while"][kDoingNames[i]] = totals.kills.by_doing[i].load();
  }
  json["walks_possible"] = Walk::possible();
  json["walks"] = totals.kills.walks.load();
  json["arrivals"] = totals.kills.arrivals.load();
  json["kills_while"]["not stopped before"] = totals.kills.async.load();
  json["kills_while"]["ending itself"] = ledger().all_own_ends();
  for (std::size_t i = 0; i < kKillSignals.size(); ++i) {
    json["kills_by"][kKillSignalNames[i]] = totals.kills.by_signal[i].load();
  }
  for (std::size_t i = 0; i < kOwnEnds; ++i) {
    json["kills_by"][kOwnEndNames[i]] = ledger().own_ends[i].load();
  }
  json["pools"] = totals.rounds.load();
  json["pools_to_break"] = totals.pools_to_break.load();
  json["pools_that_had_to"] = totals.pools_that_had_to.load();
  json["broken_pools"] = totals.broken_pools.load();
  json["deaths"] = totals.deaths.load();
  json["deaths_asked_for"] = totals.deaths_asked_for.load();
  json["hit_when_ended"] = totals.hit_when_ended.load();
  json["late_kills"] = totals.late_kills.load();
  json["tasks"] = totals.tasks.load();
  json["begun"] = totals.begun.load();
  json["callbacks"] = totals.callbacks.load();
  for (std::size_t i = 0; i < kTolds; ++i) json["told"][kToldNames[i]] = totals.told[i].load();
  json["large"] = large_json(totals.large, options);
  json["rescued_wakeups"] = totals.rescued_wakeups.load();
  for (std::size_t i = 0; i < kFaults; ++i) {
    json["faults"][kFaultNames[i]] = verdict.count(static_cast<Fault>(i));
  }
  json["sentences"] = verdict.sentences();
  return json;
}

}  // namespace prove
