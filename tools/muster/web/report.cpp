#include "report.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <muster/version.hpp>

#include "../notes.hpp"
#include "../output.hpp"
#include "../text.hpp"
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

// The pools that a report is of.
class Pools {
 public:
  Pools(const muster::PoolList& list, const OpenPool& open) {
    seen_.replace("pools", "", pools_document(list));
    for (const muster::PoolInfo& listed : list.pools) {
      try {
        pools_.push_back({&listed, open(listed)});
      } catch (const muster::PoolInspector::NotFound& error) {
        if (is_ambiguous(list, listed)) {
          cannot_read(listed, error);
        } else {
          has_ended(listed);
        }
      } catch (const std::exception& error) {
        cannot_read(listed, error);
      }
    }
  }

  void look() {
    std::erase_if(pools_, [this](One& one) {
      bool goes_on = false;
      return !attempt(one, [&] { goes_on = one.pool->look(seen_); }) || !goes_on;
    });
  }

  Report finish() && {
    for (One& one : pools_) attempt(one, [&] { one.pool->finish(seen_); });
    return {seen_.document(), std::move(unreadable_)};
  }

 private:
  struct One {
    const muster::PoolInfo* listed;
    std::unique_ptr<LookedAt> pool;
  };

  // False: it threw. Whatever that was, it concerns this pool alone, and the report says it.
  template <class Step>
  bool attempt(const One& one, Step step) {
    try {
      step();
      return true;
    } catch (const std::exception& error) {
      cannot_read(*one.listed, error);
      return false;
    }
  }

  void cannot_read(const muster::PoolInfo& pool, const std::exception& error) {
    unreadable_.push_back(why_unreadable(pool.name, error));
    seen_.replace("unreadable", pool.id, web::quoted(unreadable_.back()));
  }

  // Since it was listed, which is the last that was seen of it.
  void has_ended(const muster::PoolInfo& pool) {
    const auto now = std::chrono::system_clock::now();
    seen_.append("pool", pool.id, numbers_document(pool, now));
    seen_.replace("workers", pool.id, workers_document(pool, now));
    seen_.replace("ended", pool.id, ended_document(pool, now));
  }

  List seen_;
  std::vector<One> pools_;
  std::vector<std::string> unreadable_;
};

}  // namespace

Report look_at_all(const muster::PoolList& list, const OpenPool& open,
                   std::chrono::duration<double> time, std::chrono::duration<double> interval) {
  Pools pools(list, open);
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
  const auto step = std::chrono::duration_cast<Clock::duration>(interval);
  for (auto next = Clock::now();; next += step) {
    std::this_thread::sleep_until(std::min(next, end));
    pools.look();
    if (next >= end) break;
  }
  return std::move(pools).finish();
}

ExitCode save_report(const std::string& file, const Selection& selection, double interval) {
  std::optional<bench::OutputFile> output;
  if (file != "-") output.emplace(file);
  const muster::PoolList list = list_pools(selection);
  tell_unseen(list);
  const Report report = look_at_all(
      list,
      [&](const muster::PoolInfo& pool) {
        return std::make_unique<WatchedPool>(pool.id, selection.options, kMostEnds,
                                             std::chrono::seconds(0));
      },
      kTime, std::chrono::duration<double>(interval));
  for (const std::string& sentence : report.unreadable) complain(printable(sentence));
  const std::string page = page_for_file(report.document);
  if (!output) return print(page);
  output->write(page);
  return ExitCode::fine;
}

}  // namespace muster_tool::web
