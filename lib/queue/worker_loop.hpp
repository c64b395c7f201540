#pragma once

#include <concepts>

#include "lib/queue/task_queue.hpp"

namespace muster::detail {

enum class LoopStep { go_on, leave };

enum class LoopEnd {
  queue_closed,  // and every item in it was run or taken by another worker
  runner_left,   // the runner said so
};

// What a worker does with the items.
//
// run(item)    runs it, whatever it throws inside; leave: this worker is to end now
// idle()       before each wait for an item; leave: likewise
// idle_until() how long the loop may wait before idle() is asked again
template <class R, class Item>
concept TaskRunner = requires(R& runner, Item& item) {
  { runner.run(item) } -> std::same_as<LoopStep>;
  { runner.idle() } -> std::same_as<LoopStep>;
  { runner.idle_until() } -> std::same_as<Deadline>;
};

// The loop of every worker, thread or process.
template <TaskQueue Queue, TaskRunner<typename Queue::Item> Runner>
LoopEnd run_worker(Queue& queue, Runner& runner) {
  typename Queue::Item item{};
  for (;;) {
    while (queue.try_pop(item)) {
      if (runner.run(item) == LoopStep::leave) return LoopEnd::runner_left;
    }
    if (runner.idle() == LoopStep::leave) return LoopEnd::runner_left;
    switch (queue.pop_until(item, runner.idle_until())) {
      case PopResult::item:
        if (runner.run(item) == LoopStep::leave) return LoopEnd::runner_left;
        break;
      case PopResult::timed_out: break;
      case PopResult::closed: return LoopEnd::queue_closed;
    }
  }
}

}  // namespace muster::detail
