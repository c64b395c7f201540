#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include <muster/inspect.hpp>

#include "page.hpp"

namespace muster_tool::top {

// The last tasks of one worker, as the pool's events tell them.
class TaskHistory {
 public:
  struct Entry {
    std::chrono::system_clock::time_point at;  // of its end
    std::uint64_t id = 0;
    unsigned attempt = 1;
    std::string_view name;  // good as long as the event's is
    muster::TaskEventKind how = muster::TaskEventKind::finished;
    std::optional<muster::Duration> waited;  // none: its start was not told
    muster::Duration took;
  };

  // The next event of that worker.
  void add(const muster::TaskEvent& event);
  // The last one first.
  const std::deque<Entry>& entries() const { return entries_; }
  // One in so many short tasks is told.
  unsigned sampling() const { return sampling_; }

  // A table, with titles.
  Page lines(std::size_t width) const;

 private:
  unsigned sampling_ = 1;
  // That run, as far as is known: a worker runs one at a time.
  std::uint64_t started_id_ = 0;
  muster::Duration started_after_;
  std::deque<Entry> entries_;
};

}  // namespace muster_tool::top
