#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <muster/inspect.hpp>

#include "backtraces.hpp"
#include "documents.hpp"
#include "record.hpp"
#include "task_events.hpp"

namespace muster_tool::web {

// A pool to look at time and again.
class LookedAt {
 public:
  virtual ~LookedAt() = default;
  // Takes a look, and writes what is new. False: the pool's processes have ended, and this was the
  // last look.
  virtual bool look(Record& record) = 0;
  // Waits for what is still being found out, and writes it.
  virtual void finish(Record& record) = 0;
};

// "pool "x" cannot be read: ...": why one could not be opened or looked at.
std::string why_unreadable(std::string_view name, const std::exception& error);

// Whether its id means another one of the list, too: then it has not ended where it is not found.
bool is_ambiguous(const muster::PoolList& list, const muster::PoolInfo& pool);

// A pool that somebody looks at, and what has been told of it.
//
// Thread safety: one thread at a time.
class WatchedPool final : public LookedAt {
 public:
  // Throws as muster::PoolInspector does. `most_ends`: tasks told of in one look.
  // `between_details`: what is summed up, which takes most to tell, is told of no more often.
  WatchedPool(const std::string& id, const muster::InspectOptions& options, std::size_t most_ends,
              std::chrono::seconds between_details = std::chrono::seconds(1));

  // Backtraces are written once their functions have been named, which takes a while.
  bool look(Record& record) override;
  // Waits for backtraces that are still without names, and writes them.
  void finish(Record& record) override;
  const muster::PoolInfo& info() const { return info_; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Times {
    Clock::time_point at;
    muster::LatencyHistogram queue_time;
    muster::LatencyHistogram run_time;
  };

  void tell_details(Record& record);
  void tell_deaths(Record& record);
  void tell_named(Record& record) const;

  muster::PoolInspector inspector_;
  muster::PoolInfo info_;
  TaskEnds ends_;
  const std::chrono::seconds between_details_;
  Backtraces backtraces_;    // of the thread that names them, as long as there is one
  std::deque<Times> times_;  // of the last seconds, one for each
  std::optional<std::uint64_t> last_death_;  // of those told of
  std::vector<muster::DeathStats> being_named_;
  std::map<std::uint64_t, Described> named_;  // by the death's number
  std::future<std::map<std::uint64_t, Described>> names_;
};

}  // namespace muster_tool::web
