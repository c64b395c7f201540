#include "worker/worker_queue.hpp"

#include "worker/worker_queue_steps.hpp"

namespace muster::detail {

template class BasicWorkerQueue<StdPlatform>;

}  // namespace muster::detail
