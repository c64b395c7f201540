#include "ask_worker.hpp"

#include <utility>

#include "lib/inspect/metric_reader.hpp"
#include "lib/inspect/stack_reader.hpp"

namespace muster_tool {

Frames ask_worker(const muster::PoolInspector& pool, const muster::WorkerStats& worker,
                  muster::Duration patience, Unwinder& unwinder) {
  using muster::detail::InspectorAccess;
  muster::detail::WorkerStack stack =
      muster::detail::read_stack(InspectorAccess::pool(pool), worker.index, worker.pid, patience);
  ThreadCopy thread;
  thread.registers = stack.registers;
  thread.cut = stack.bytes.size() == muster::detail::kStackBytes;
  thread.stack.push_back({stack.begin, std::move(stack.bytes)});
  return unwinder.frames(thread);
}

}  // namespace muster_tool
