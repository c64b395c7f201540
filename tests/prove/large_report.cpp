#include "prove/large_report.hpp"

#include <fmt/format.h>

namespace prove {

namespace {

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

std::string large_text(const LargeTotals& totals, const Options& options) {
  std::string text = fmt::format(
      "with large data, results of up to {} MiB: {} workers killed, {} pools, which told of {} "
      "deaths\nwhile the worker was\n",
      options.mebibytes, totals.all_kills(), totals.rounds.load(), totals.deaths.load());
  for (std::size_t i = 0; i < kLargeMoments; ++i) {
    text += fmt::format("  {:<36} {:>6}\n", kLargeMomentNames[i], totals.kills[i].load());
  }
  text += fmt::format(
      "{} large results were right, {} went with their worker; {} times one that was finished "
      "before was looked at, {} times one of a worker that had died\n"
      "{} times an array was right, {} arrays went as they should; {:.1f} GiB were looked at\n"
      "a pool had {:.0f} MiB of its own memory at most, and {:.0f} MiB when nobody held anything\n",
      totals.results_right.load(), totals.results_lost.load(), totals.results_kept.load(),
      totals.of_dead_workers.load(), totals.arrays_right.load(), totals.arrays_gone.load(),
      megabytes(totals.bytes.load()) / 1024, megabytes(totals.most_memory.load()),
      megabytes(totals.memory_left.load()));
  return text;
}

nlohmann::ordered_json large_json(const LargeTotals& totals, const Options& options) {
  nlohmann::ordered_json json{{"mebibytes", options.mebibytes},
                              {"kills", totals.all_kills()},
                              {"pools", totals.rounds.load()},
                              {"deaths", totals.deaths.load()}};
  for (std::size_t i = 0; i < kLargeMoments; ++i) {
    json["kills_while"][kLargeMomentNames[i]] = totals.kills[i].load();
  }
  json["results_right"] = totals.results_right.load();
  json["results_lost"] = totals.results_lost.load();
  json["results_kept"] = totals.results_kept.load();
  json["results_of_dead_workers"] = totals.of_dead_workers.load();
  json["arrays_right"] = totals.arrays_right.load();
  json["arrays_gone"] = totals.arrays_gone.load();
  json["bytes_looked_at"] = totals.bytes.load();
  json["most_memory_bytes"] = totals.most_memory.load();
  json["memory_left_bytes"] = totals.memory_left.load();
  return json;
}

std::string missing_moments(const LargeTotals& totals) {
  // With fewer kills chance decides.
  constexpr std::uint64_t kEnough = 100;
  const std::uint64_t all = totals.all_kills();
  if (all < kEnough) return "";
  for (std::size_t i = 0; i < kLargeMoments; ++i) {
    if (static_cast<LargeMoment>(i) == LargeMoment::too_late) continue;
    if (totals.kills[i].load() * 100 >= all) continue;
    return fmt::format("only {} of {} kills with large data hit a worker while it was: {}",
                       totals.kills[i].load(), all, kLargeMomentNames[i]);
  }
  if (totals.of_dead_workers.load() == 0) {
    return "no result of a worker that had died was looked at";
  }
  return "";
}

}  // namespace prove
