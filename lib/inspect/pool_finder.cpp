#include "lib/inspect/pool_finder.hpp"

#include <unistd.h>

#include <utility>

namespace muster::detail {

namespace {

constexpr std::size_t kTasks = static_cast<std::size_t>(Segment::tasks);

// Puts segments together to pools. A process that has one of each kind has those of one pool: the
// supervisor always, and the client but for pools that it gave the same name. Those are told apart
// by their supervisors, and the one that is left over by there being no other.
class Assembly {
 public:
  void add(const std::string& name, HeldSegments held) {
    for (const SegmentPlace& tasks : held[kTasks]) {
      FoundPool& pool = pool_of(tasks);
      pool.name = name;
      pool.holders.push_back(tasks);
    }
    if (!complete_one(held)) open_.push_back(std::move(held));
  }

  std::vector<FoundPool> take() {
    // What one process has settled may leave another with segments of one pool only.
    const auto settled = [this](HeldSegments& held) {
      return drop_known(held) && complete_one(held);
    };
    while (std::erase_if(open_, settled) != 0) {
    }
    for (const HeldSegments& held : open_) {
      if (held[kTasks].size() < 2) continue;
      for (const SegmentPlace& tasks : held[kTasks]) pool_of(tasks).ambiguous = true;
    }
    return std::move(pools_);
  }

 private:
  FoundPool& pool_of(const SegmentPlace& tasks) {
    for (FoundPool& pool : pools_) {
      if (pool.segments[kTasks]->same_memory(tasks)) return pool;
    }
    pools_.emplace_back().segments[kTasks] = tasks;
    return pools_.back();
  }

  bool complete_one(const HeldSegments& held) {
    for (const auto& places : held) {
      if (places.size() != 1) return false;
    }
    FoundPool& pool = pool_of(held[kTasks].front());
    if (pool.complete()) return true;
    for (std::size_t i = 0; i < kSegments; ++i) pool.segments[i] = held[i].front();
    return true;
  }

  // Leaves out what belongs to pools that are complete. False: nothing did.
  bool drop_known(HeldSegments& held) const {
    std::size_t dropped = 0;
    for (std::size_t i = 0; i < kSegments; ++i) {
      dropped += std::erase_if(held[i], [&](const SegmentPlace& place) {
        return std::any_of(pools_.begin(), pools_.end(), [&](const FoundPool& pool) {
          return pool.complete() && pool.segments[i]->same_memory(place);
        });
      });
    }
    return dropped != 0;
  }

  std::vector<FoundPool> pools_;
  std::vector<HeldSegments> open_;
};

}  // namespace

PoolSearch find_pools(bool all_users) {
  PoolSearch search;
  Assembly assembly;
  for (const ProcessInfo& process : living_processes(all_users, search.error)) {
    auto held = segments_held_by(process.pid);
    if (!held) {
      // Those of others are theirs to hide.
      if (process.user == ::geteuid()) search.hidden.push_back(process);
      continue;
    }
    for (auto& [name, segments] : *held) assembly.add(name, std::move(segments));
  }
  search.pools = assembly.take();
  return search;
}

}  // namespace muster::detail
