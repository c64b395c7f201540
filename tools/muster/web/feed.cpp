#include "feed.hpp"

#include <time.h>

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

namespace muster_tool::web {

namespace {

// Listing goes through all processes, so it is done less often than looking.
constexpr auto kBetweenLists = std::chrono::seconds(1);
// Who loads the page anew is away for a moment; then the memory of a pool is let go, which may be
// all that keeps it there.
constexpr auto kGrace = std::chrono::seconds(5);
// Of a look: 2000 ends of tasks every quarter of a second are more than a screen has room for.
constexpr std::size_t kMostEnds = 2000;
// For one part of work come so many of rest.
constexpr int kRest = 12;

std::chrono::nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

muster::PoolList list_pools(const Selection& selection) {
  muster::PoolList list = muster::list_pools(selection.options);
  std::erase_if(list.pools, [&](const muster::PoolInfo& pool) { return !selection.has(pool); });
  if (selection.id) {
    std::erase_if(list.unreadable, [&](const auto& pool) { return pool.name != selection.name; });
    list.hidden.clear();
  }
  return list;
}

Feed::Feed(Journal& journal, Selection selection, std::chrono::duration<double> interval)
    : journal_(journal), selection_(std::move(selection)), interval_(interval) {
  thread_ = std::thread([this] { run(); });
}

Feed::~Feed() {
  journal_.close();
  thread_.join();
}

void Feed::run() {
  for (;;) {
    if (!watched_.empty() && !journal_.await_reader(Clock::now() + kGrace)) {
      drop_unwanted(Clock::time_point::max());
    }
    if (!journal_.await_reader(std::nullopt)) return;
    const auto readers = journal_.readers();
    const Clock::time_point begin = Clock::now();
    const std::chrono::nanoseconds before = processor_time();
    look(begin);
    // Also where readers come and go all the time.
    journal_.await_close(Clock::now() + kRest * (processor_time() - before));
    const auto next = begin + std::chrono::duration_cast<Clock::duration>(interval_);
    journal_.await_change(readers, next);
  }
}

void Feed::look(Clock::time_point now) {
  try {
    if (!listed_ || now - *listed_ >= kBetweenLists) list(now);
    const auto readers = journal_.readers();
    for (const std::string& id : std::set<std::string>(readers.begin(), readers.end())) {
      try {
        if (!id.empty()) look_at(id, now);
      } catch (const std::exception& error) {
        // The others are looked at all the same.
        const muster::PoolInfo* pool = listed(id);
        journal_.replace("unreadable", id,
                         quoted(why_unreadable(pool != nullptr ? pool->name : id, error)));
      }
    }
    drop_unwanted(now);
    journal_.replace("pools", "", pools_document(known_));
  } catch (const std::exception& error) {
    // /proc cannot be read, or memory is short: the page says so, and the next look may be better.
    journal_.replace("trouble", "", quoted(error.what()));
    listed_.reset();
  }
}

void Feed::list(Clock::time_point now) {
  known_ = list_pools(selection_);
  listed_ = now;
}

muster::PoolInfo* Feed::listed(const std::string& id) {
  const auto pool = std::ranges::find(known_.pools, id, &muster::PoolInfo::id);
  return pool == known_.pools.end() ? nullptr : &*pool;
}

void Feed::look_at(const std::string& id, Clock::time_point now) {
  if (!watched_.contains(id) && listed(id) == nullptr) return;
  // From now on what is told of it is forgotten once nobody asks, also where it cannot be opened.
  Watched& watched = watched_[id];
  watched.wanted = now;
  if (watched.ended || !open(id, watched)) return;
  const bool alive = watched.pool->look(journal_);
  if (muster::PoolInfo* known = listed(id)) *known = watched.pool->info();
  if (alive) return;
  // What was last in it stays in the journal, and its memory is let go.
  watched.pool.reset();
  watched.ended = true;
  std::erase_if(known_.pools, [&](const muster::PoolInfo& pool) { return pool.id == id; });
}

// False: it has ended since it was listed.
bool Feed::open(const std::string& id, Watched& watched) {
  if (watched.pool) return true;
  try {
    watched.pool = std::make_unique<WatchedPool>(id, selection_.options, kMostEnds);
    return true;
  } catch (const muster::PoolInspector::NotFound&) {
    const muster::PoolInfo* pool = listed(id);
    if (pool != nullptr && is_ambiguous(known_, *pool)) throw;
    listed_.reset();
    return false;
  }
}

void Feed::drop_unwanted(Clock::time_point now) {
  for (auto it = watched_.begin(); it != watched_.end();) {
    if (now - it->second.wanted < kGrace) {
      ++it;
      continue;
    }
    journal_.forget(it->first);
    it = watched_.erase(it);
  }
}

}  // namespace muster_tool::web
