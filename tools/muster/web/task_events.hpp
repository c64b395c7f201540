#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <muster/inspect.hpp>

namespace muster_tool::web {

// Ends of tasks, as the page draws them: the rectangles of its stream.
//
// Thread safety: one thread at a time.
class TaskEnds {
 public:
  // At most so many at a time, and ten times as many at the first, when there is a past to tell of:
  // those that did not end well, then those that took longest.
  explicit TaskEnds(std::size_t limit) : limit_(limit) {}

  // The document of what has happened, made of the pool's events since the last ones; "" where
  // nothing of it is drawn. `lost`: events that had been overwritten before they were read.
  std::string document(const std::vector<muster::TaskEvent>& events, std::uint64_t lost);

 private:
  struct Begun {
    std::uint64_t task_id = 0;
    std::int64_t waited_ns = -1;
  };
  struct End {
    const muster::TaskEvent* event = nullptr;
    std::int64_t waited_ns = -1;  // -1: not known
  };

  Begun& begun(std::size_t worker);

  const std::size_t limit_;
  bool told_ = false;
  std::vector<Begun> begun_;  // by worker: what it began last
};

}  // namespace muster_tool::web
