#include "report.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <muster/version.hpp>

#include "../output.hpp"
#include "assets.hpp"
#include "bench/output_file.hpp"
#include "documents.hpp"
#include "record.hpp"
#include "watched_pool.hpp"

namespace muster_tool::web {

namespace {

// Rates want two looks and some time between them.
constexpr auto kTime = std::chrono::milliseconds(200);
// Of a look; of the first, ten times as many.
constexpr std::size_t kMostEnds = 5000;

using Clock = std::chrono::steady_clock;

// All that was seen, as a list.
class List : public Record {
 public:
  void append(std::string_view event, const std::string& pool, std::string_view data) override {
    text_ += fmt::format("{}{{\"event\":{},\"pool\":{},\"data\":{}}}", text_.empty() ? "" : ",\n",
                         web::quoted(event), web::quoted(pool), data);
  }
  void replace(std::string_view event, const std::string& pool, std::string_view data) override {
    append(event, pool, data);
  }
  std::string document() const {
    return "{\"version\":\"" MUSTER_VERSION "\",\"messages\":[" + text_ + "]}";
  }

 private:
  std::string text_;
};

}  // namespace

ExitCode save_report(const std::string& file, const Selection& selection, double interval) {
  std::optional<bench::OutputFile> report;
  if (file != "-") report.emplace(file);
  List seen;
  const muster::PoolList list = list_pools(selection);
  seen.replace("pools", "", pools_document(list));
  std::vector<std::unique_ptr<WatchedPool>> pools;
  for (const muster::PoolInfo& pool : list.pools) {
    try {
      pools.push_back(std::make_unique<WatchedPool>(pool.id, selection.options, kMostEnds,
                                                    std::chrono::seconds(0)));
    } catch (const muster::PoolInspector::NotFound&) {
      // It has ended since it was listed, and the report says so by having nothing of it.
    }
  }
  const auto end = Clock::now() + kTime;
  for (auto next = Clock::now();; next += std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(interval))) {
    std::this_thread::sleep_until(std::min(next, end));
    std::erase_if(pools, [&](const auto& pool) { return !pool->look(seen); });
    if (next >= end) break;
  }
  for (const auto& pool : pools) pool->finish(seen);
  const std::string page = page_for_file(seen.document());
  if (!report) return print(page);
  report->write(page);
  return ExitCode::fine;
}

}  // namespace muster_tool::web
