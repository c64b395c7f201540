#include <algorithm>
#include <utility>

#include "tools/scaling/job.hpp"

namespace scaling {

namespace {

// A rank that was refused asks again after twice as long, up to so many nanoseconds: ten thousand
// of them that ask all the time would keep each other from working.
constexpr double kLongestPatience = 20'000'000;

}  // namespace

Server::Server(Job& job, std::uint32_t number, Thread& thread)
    : mailbox(job.clock, thread), job_(job), number_(number), thread_(thread) {}

void Server::take(Message message) {
  for (const TaskIndex task : message.tasks) {
    ring_.push_back(task);
    active_.push_back(task);
  }
}

// ServedPool::collect(): in the order in which they came, past some that run.
std::size_t Server::collect() {
  std::size_t ended = 0;
  std::size_t missed = 0;
  std::size_t kept = 0;
  std::size_t looked = 0;
  for (; looked < active_.size() && missed < job_.plan.algorithm.patience; ++looked) {
    const TaskIndex task = active_[looked];
    if (job_.done[task] == 0) {
      active_[kept++] = task;
      ++missed;
      continue;
    }
    missed = 0;
    out_.add(task, job_.plan.result_bytes, job_.now());
    ++ended;
  }
  active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(kept),
                active_.begin() + static_cast<std::ptrdiff_t>(looked));
  return ended;
}

// From now on their ends ring its bell. False: one has ended already.
bool Server::watch_all() {
  bool none_ended = true;
  for (const TaskIndex task : active_) {
    job_.watched[task] = 1;
    none_ended &= job_.done[task] == 0;
  }
  return none_ended;
}

bool Server::wants_to_steal() const {
  return job_.plan.topology == Topology::stealing && ring_.empty() && !asleep_.empty() && !asks_ &&
         job_.servers.size() > 1 && job_.now() >= asks_again_ &&
         job_.outcome.ended < job_.plan.tasks;
}

Activity Server::run() {
  const Costs& costs = job_.plan.costs;
  const Algorithm& algorithm = job_.plan.algorithm;
  for (;;) {
    bool worked = false;
    if (!mailbox.empty()) {
      worked = true;
      Message message = mailbox.take();
      if (message.kind == Message::Kind::tasks) {
        stamp_ = message.stamp;
        came_ = job_.now();
      }
      co_await thread_.compute(costs.receive.at(message.bytes) +
                               costs.server / 2 * static_cast<double>(message.tasks.size()));
      if (message.kind == Message::Kind::steal) {
        Message answer{.kind = Message::Kind::refusal, .from = number_, .tasks = {}, .bytes = 16};
        // Half of what has not begun, from the end: what came last is last in both.
        const std::size_t half = (ring_.size() + 1) / 2;
        for (std::size_t i = 0; i < half; ++i) {
          const TaskIndex task = ring_.back();
          ring_.pop_back();
          active_.pop_back();
          answer.tasks.push_back(task);
          answer.bytes += job_.plan.task_bytes;
        }
        co_await thread_.compute(costs.send.at(answer.bytes) +
                                 costs.server / 2 * static_cast<double>(half));
        job_.outcome.stolen += half;
        job_.send(job_.servers[message.from]->mailbox, std::move(answer));
      } else {
        if (message.kind == Message::Kind::refusal) {
          asks_ = false;
          if (message.tasks.empty()) {
            patience_ = std::clamp(patience_ * 2, 20'000.0, kLongestPatience);
            asks_again_ = job_.now() + patience_;
          } else {
            patience_ = 0;
          }
        }
        take(std::move(message));
      }
      // As many workers as there are tasks for.
      std::size_t waking = std::min(ring_.size(), asleep_.size());
      for (; waking != 0; --waking) {
        Thread* const worker = asleep_.back();
        asleep_.pop_back();
        const bool spun = worker->is_spinning();
        worker->notify();
        if (!spun) co_await thread_.compute(costs.wake);
      }
    }
    const std::size_t ended = collect();
    worked |= ended != 0;
    co_await thread_.compute(costs.server / 2 * static_cast<double>(ended));
    if (out_.due(job_.now(), !worked, algorithm)) {
      worked = true;
      Message message = out_.take(Message::Kind::results, place_in_parent);
      if (stamp_ >= 0) message.stamp = std::exchange(stamp_, -1) + (job_.now() - came_);
      co_await thread_.compute(costs.send.at(message.bytes));
      job_.send(parent->mailbox, std::move(message));
    }
    if (wants_to_steal()) {
      asks_ = true;
      worked = true;
      std::size_t victim = job_.random() % (job_.servers.size() - 1);
      if (victim >= number_) ++victim;
      co_await thread_.compute(costs.send.at(16));
      job_.send(job_.servers[victim]->mailbox,
                {.kind = Message::Kind::steal, .from = number_, .tasks = {}, .bytes = 16});
    }
    co_await thread_.compute(costs.probe);
    if (worked) {
      back_off_.worked();
      continue;
    }
    const BackOff::Rest rest = back_off_.rest(job_.now(), algorithm);
    if (!mailbox.empty()) continue;
    if (rest.look > 0) {
      looks_ = true;
      co_await thread_.wait(rest.look, true);
      looks_ = false;
      continue;
    }
    if (rest.sleep > algorithm.short_sleep && !watch_all()) {
      back_off_.worked();
      continue;
    }
    const Costs::Sleep& sleep = costs.sleep_beside(thread_.core().wanted_by());
    const double processor = sleep.processor.at(rest.sleep);
    co_await thread_.compute(processor / 2);
    if (std::exchange(rung_, false)) continue;
    sleeps_ = true;
    const bool rung = co_await thread_.wait(sleep.away.at(rest.sleep));
    sleeps_ = false;
    rung_ = false;
    co_await thread_.compute(processor / 2);
    if (rung) back_off_.worked();
  }
}

// A worker that sleeps has told that thread.
Activity Server::serve_pump() {
  for (;;) {
    co_await pump->wait(Thread::kForever);
    co_await pump->compute(job_.plan.costs.pump);
  }
}

Activity Server::work(Thread& worker) {
  const Costs& costs = job_.plan.costs;
  const Algorithm& algorithm = job_.plan.algorithm;
  SpinHabit habit;
  for (;;) {
    if (ring_.empty()) {
      asleep_.push_back(&worker);
      const double begun = job_.now();
      bool came = false;
      if (habit.spins(algorithm)) {
        came = co_await worker.wait(algorithm.spin, true);
        if (came) {
          habit.took(job_.now() - begun);
        } else {
          habit.in_vain(algorithm);
        }
      }
      if (!came) {
        co_await worker.compute(costs.idle_worker / 2);
        if (costs.pump > 0) pump->notify();
        if (std::ranges::find(asleep_, &worker) != asleep_.end()) {
          co_await worker.wait(Thread::kForever);
        }
        co_await worker.compute(costs.idle_worker / 2);
      }
      std::erase(asleep_, &worker);
      continue;
    }
    const TaskIndex task = ring_.front();
    ring_.pop_front();
    const double length = job_.length_on(task, slowness);
    if (job_.plan.sleeps) {
      // What the sleep takes of a core is in its length.
      co_await worker.wait(length);
      co_await worker.compute(costs.worker);
    } else {
      co_await worker.compute(costs.worker + length);
    }
    job_.done[task] = 1;
    if (looks_) {
      thread_.notify();
    } else if (job_.watched[task] != 0) {
      rung_ = true;
      if (sleeps_ && thread_.notify()) co_await worker.compute(costs.wake);
    }
  }
}

}  // namespace scaling
