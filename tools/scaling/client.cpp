#include "tools/scaling/job.hpp"

namespace scaling {

Activity Client::run() {
  const Costs& costs = job_.plan.costs;
  const Algorithm& algorithm = job_.plan.algorithm;
  Master& root = *job_.root;
  const auto tasks = static_cast<TaskIndex>(job_.plan.tasks);
  if (!job_.plan.gated) {
    for (TaskIndex i = 0; i < tasks; ++i) {
      // For the lock.
      while (root.feeding) {
        root.lock_is_wanted = true;
        co_await thread_.wait(Thread::kForever);
      }
      co_await thread_.compute(costs.submit);
      root.enqueue(i);
      ++root.submitted;
      if (root.thread().is_spinning()) root.thread().notify();
      if (root.sleeps_long) {
        root.sleeps_long = false;
        root.thread().notify();
        co_await thread_.compute(costs.wake);
      }
    }
  }
  // The last one first, where nobody looks at the others before.
  for (TaskIndex i = job_.plan.gated ? tasks - 1 : 0; i < tasks; ++i) {
    if (job_.ended[i] == 0) {
      waits_for = i;
      const double begun = job_.now();
      sleeps = false;
      bool came = false;
      if (habit_.spins(algorithm)) {
        came = co_await thread_.wait(algorithm.spin, true);
        if (came) {
          habit_.took(job_.now() - begun);
        } else {
          habit_.in_vain(algorithm);
        }
      }
      if (!came && job_.ended[i] == 0) {
        sleeps = true;
        co_await thread_.compute(costs.wake / 2);
        if (job_.ended[i] == 0) co_await thread_.wait(Thread::kForever);
        co_await thread_.compute(costs.wake / 2);
      }
    }
    co_await thread_.compute(costs.collect);
  }
  if (job_.plan.gated) {
    while (job_.outcome.ended != job_.plan.tasks) co_await thread_.wait(1000);
  }
  job_.over = true;
}

}  // namespace scaling
