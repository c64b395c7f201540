#include "watched_pool.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace muster_tool::web {

namespace {

constexpr auto kRecent = std::chrono::seconds(10);
constexpr std::size_t kMostDeaths = 50;

}  // namespace

std::string why_unreadable(std::string_view name, const std::exception& error) {
  // That is a sentence already, which names it.
  if (dynamic_cast<const muster::PoolInspector::NotReadable*>(&error) != nullptr) {
    return error.what();
  }
  return fmt::format("pool \"{}\" cannot be read: {}", name, error.what());
}

bool is_ambiguous(const muster::PoolList& list, const muster::PoolInfo& pool) {
  return std::ranges::any_of(list.pools, [&](const muster::PoolInfo& other) {
    return &other != &pool && (other.id == pool.id || other.name == pool.id);
  });
}

WatchedPool::WatchedPool(const std::string& id, const muster::InspectOptions& options,
                         std::size_t most_ends, std::chrono::seconds between_details)
    : inspector_(id, options),
      info_(inspector_.look()),
      ends_(most_ends),
      between_details_(between_details),
      backtraces_(process_with_code_of(info_)) {}

bool WatchedPool::look(Record& record) {
  // Asked first: what is read afterwards is the last that there will be.
  const bool alive = inspector_.alive();
  info_ = inspector_.look();
  const auto now = std::chrono::system_clock::now();
  const std::string& id = info_.id;
  record.append("pool", id, numbers_document(info_, now));
  record.replace("workers", id, workers_document(info_, now));
  std::uint64_t lost = 0;
  const std::vector<muster::TaskEvent> events = inspector_.events(&lost);
  if (const std::string document = ends_.document(events, lost); !document.empty()) {
    record.append("events", id, document);
  }
  tell_details(record);
  tell_deaths(record);
  if (alive) return true;
  finish(record);
  record.replace("ended", id, ended_document(info_, now));
  return false;
}

void WatchedPool::tell_details(Record& record) {
  const Clock::time_point now = Clock::now();
  if (!times_.empty() && now - times_.back().at < between_details_) return;
  const muster::PoolStats& stats = info_.stats;
  times_.push_back({now, stats.queue_time, stats.run_time});
  while (times_.size() > 2 && now - times_[1].at >= kRecent) times_.pop_front();
  const Times& first = times_.front();
  const RecentTimes recent{now - first.at, stats.queue_time.since(first.queue_time),
                           stats.run_time.since(first.run_time)};
  record.replace("detail", info_.id, detail_document(info_, recent));
}

void WatchedPool::tell_deaths(Record& record) {
  if (names_.valid()) {
    if (names_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    finish(record);
  }
  const std::vector<muster::DeathStats>& all = info_.stats.last_deaths;
  const std::uint64_t last = all.empty() ? 0 : all.front().number;
  if (last == last_death_) return;
  last_death_ = last;
  being_named_.assign(all.begin(),
                      all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kMostDeaths)));
  tell_named(record);
  // In a thread of its own: to read what is known of a large program may take seconds.
  names_ = std::async(std::launch::async, [this, deaths = being_named_] {
    std::map<std::uint64_t, Described> names;
    for (const muster::DeathStats& death : deaths) {
      names.emplace(death.number, backtraces_.describe(death));
    }
    return names;
  });
}

void WatchedPool::finish(Record& record) {
  if (!names_.valid()) return;
  named_ = names_.get();
  tell_named(record);
}

void WatchedPool::tell_named(Record& record) const {
  std::vector<Described> backtraces;
  for (const muster::DeathStats& death : being_named_) {
    const auto named = named_.find(death.number);
    backtraces.push_back(named == named_.end() ? Described() : named->second);
  }
  record.replace("deaths", info_.id, deaths_document(being_named_, backtraces));
}

}  // namespace muster_tool::web
