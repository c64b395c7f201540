#include <algorithm>
#include <utility>

#include "tools/scaling/job.hpp"

namespace scaling {

Master::Master(Job& job, std::uint32_t number, Thread& thread)
    : mailbox(job.clock, thread),
      from_parent(job.clock, thread),
      job_(job),
      number_(number),
      thread_(thread) {}

void Master::adopt(Mailbox& below, std::size_t workers) {
  Child& child = children_.emplace_back();
  child.mailbox = &below;
  child.share.workers = workers;
  refresh(children_.size() - 1);
}

// Where it stands among those that can be given a task.
void Master::refresh(std::size_t index) {
  Child& child = children_[index];
  if (child.share.has_idle_workers()) {
    idle_.insert(index);
  } else {
    idle_.erase(index);
  }
  if (child.has_room) room_.erase({child.key, index});
  child.has_room = child.share.has_room(job_.plan.algorithm);
  if (!child.has_room) return;
  child.key = static_cast<double>(child.share.sent) / static_cast<double>(child.share.workers);
  room_.insert({child.key, index});
}

void Master::give(TaskIndex task, std::size_t to) {
  Child& child = children_[to];
  const bool urgent = child.share.has_idle_workers();
  child.share.give(job_.now());
  ++under_way_;
  child.out.add(task, job_.plan.task_bytes, job_.now());
  child.out.urgent |= urgent && job_.plan.topology != Topology::stealing;
  to_send_.insert(to);
  if (job_.plan.topology != Topology::stealing) refresh(to);
}

// ClusterPool::feed() and choose(). That one looks at rank after rank; this one finds the same at
// once, and counts the ranks that the other has looked at.
std::size_t Master::feed(double& scanned) {
  std::size_t given = 0;
  if (job_.plan.topology == Topology::stealing) {
    // Blocks in turn, of so many that all ranks have a part of what there is.
    while (!queue_.empty()) {
      const std::size_t block = std::clamp<std::size_t>(queue_.size() / children_.size(), 1, 256);
      for (std::size_t i = 0; i < block && !queue_.empty(); ++i, ++given) {
        give(queue_.front(), next_);
        queue_.pop_front();
      }
      next_ = (next_ + 1) % children_.size();
    }
    return given;
  }
  const auto count = static_cast<double>(children_.size());
  while (!queue_.empty()) {
    std::size_t to = 0;
    if (!idle_.empty()) {
      auto found = idle_.lower_bound(next_ % children_.size());
      if (found == idle_.end()) found = idle_.begin();
      to = *found;
      const std::size_t from = next_ % children_.size();
      scanned += static_cast<double>((to + children_.size() - from) % children_.size() + 1);
      next_ = to + 1;
    } else {
      scanned += count;
      if (room_.empty()) break;
      to = room_.begin()->second;
    }
    give(queue_.front(), to);
    queue_.pop_front();
    ++given;
  }
  return given;
}

Activity Master::run() {
  const Costs& costs = job_.plan.costs;
  const Algorithm& algorithm = job_.plan.algorithm;
  const auto peers = static_cast<double>(children_.size());
  std::vector<std::size_t> due;
  for (;;) {
    const double turn_began = thread_.used();
    bool worked = false;
    if (parent != nullptr && !from_parent.empty()) {
      worked = true;
      Message message = from_parent.take();
      stamp_ = message.stamp;
      came_ = job_.now();
      co_await thread_.compute(costs.receive.at(message.bytes));
      for (const TaskIndex task : message.tasks) enqueue(task);
    }
    if (!queue_.empty()) {
      double scanned = 0;
      const std::size_t given = feed(scanned);
      worked |= given != 0;
      const double takes = costs.scan * scanned + costs.conductor / 2 * static_cast<double>(given);
      // A submit waits for the lock. One that is held for less than a microsecond is mostly free
      // again before somebody sleeps.
      feeding = takes > 1000;
      co_await thread_.compute(takes);
      feeding = false;
      if (lock_is_wanted) {
        lock_is_wanted = false;
        job_.client->thread().notify();
        co_await thread_.compute(costs.wake);
      }
    }
    due.clear();
    for (const std::size_t index : to_send_) {
      if (children_[index].out.due(job_.now(), !worked, algorithm)) due.push_back(index);
    }
    for (const std::size_t index : due) {
      worked = true;
      Child& child = children_[index];
      to_send_.erase(index);
      Message message = child.out.take(Message::Kind::tasks, number_);
      co_await thread_.compute(costs.send.at(message.bytes));
      if (parent == nullptr) ++job_.outcome.messages;
      message.stamp = job_.now();
      job_.send(*child.mailbox, std::move(message));
    }
    for (std::size_t i = 0; i < algorithm.most_batches && !mailbox.empty(); ++i) {
      worked = true;
      Message message = mailbox.take();
      const double began = job_.now();
      co_await thread_.compute(costs.receive.at(message.bytes) +
                               costs.conductor / 2 * static_cast<double>(message.tasks.size()));
      under_way_ -= message.tasks.size();
      if (job_.plan.topology != Topology::stealing) {
        Share& share = children_[message.from].share;
        if (message.stamp >= 0) share.round_trip_took(began - message.stamp, algorithm);
        share.ended(message.tasks.size(), began, algorithm);
        refresh(message.from);
      }
      // All of them before the client runs that waits for one.
      bool wakes = false;
      for (const TaskIndex task : message.tasks) {
        if (parent != nullptr) {
          up_.add(task, job_.plan.result_bytes, job_.now());
        } else {
          wakes |= job_.end(task);
        }
      }
      if (wakes) co_await thread_.compute(costs.wake);
    }
    if (parent != nullptr && up_.due(job_.now(), !worked, algorithm)) {
      worked = true;
      Message message = up_.take(Message::Kind::results, place_in_parent);
      if (stamp_ >= 0) message.stamp = std::exchange(stamp_, -1) + (job_.now() - came_);
      co_await thread_.compute(costs.send.at(message.bytes));
      job_.send(parent->mailbox, std::move(message));
    }
    co_await thread_.compute(costs.probe + costs.turn * peers);
    if (worked) {
      busy += thread_.used() - turn_began;
      back_off_.worked();
      continue;
    }
    const BackOff::Rest rest = back_off_.rest(job_.now(), algorithm);
    if (!mailbox.empty() || !from_parent.empty()) continue;
    if (rest.look > 0) {
      co_await thread_.wait(rest.look, true);
      continue;
    }
    const bool is_short = expects() && rest.sleep <= algorithm.short_sleep;
    if (!is_short && parent == nullptr) {
      if (submitted != seen_) {
        seen_ = submitted;
        continue;
      }
      sleeps_long = true;
    }
    const Costs::Sleep& sleep = costs.sleep_beside(thread_.core().wanted_by());
    const double processor = sleep.processor.at(rest.sleep);
    co_await thread_.compute(processor / 2);
    bool rung = !is_short && parent == nullptr && !sleeps_long;
    if (!rung) {
      const bool may_end = expects() || parent != nullptr;
      rung = co_await thread_.wait(may_end ? sleep.away.at(rest.sleep) : Thread::kForever);
    }
    sleeps_long = false;
    co_await thread_.compute(processor / 2);
    if (rung) back_off_.worked();
  }
}

}  // namespace scaling
