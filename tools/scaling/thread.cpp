#include "tools/scaling/thread.hpp"

#include <algorithm>
#include <utility>

namespace scaling {

void Core::advance() {
  if (!present_.empty()) {
    const double each = (clock_.now() - since_) / static_cast<double>(present_.size());
    for (Thread* thread : present_) {
      thread->left_ -= each;
      thread->used_ += each;
    }
  }
  since_ = clock_.now();
}

void Core::set_alarm() {
  double least = Thread::kForever;
  for (const Thread* thread : present_) least = std::min(least, thread->left_);
  if (least == Thread::kForever) return clock_.cancel(*this);
  const double wall = std::max(0.0, least) * static_cast<double>(present_.size());
  clock_.set(*this, clock_.now() + wall);
}

void Core::enter(Thread& thread, double work) {
  advance();
  thread.left_ = work;
  thread.wants_core_ = true;
  present_.push_back(&thread);
  set_alarm();
}

void Core::interrupt() {
  if (present_.empty()) return;
  advance();
  present_.front()->left_ += interruption_;
  set_alarm();
}

void Core::leave(Thread& thread) {
  advance();
  std::erase(present_, &thread);
  thread.wants_core_ = false;
  set_alarm();
  pull();
}

Core* Core::idle_other() const {
  const auto found = std::ranges::find_if(others_, [](Core* core) { return !core->is_wanted(); });
  return found == others_.end() ? nullptr : *found;
}

// It has become idle: it takes a thread that shares another core.
void Core::pull() {
  if (!present_.empty()) return;
  for (Core* const other : others_) {
    if (other->present_.size() < 2) continue;
    other->present_.back()->move_to(*this);
    return;
  }
}

void Core::ring() {
  advance();
  const auto done = std::ranges::min_element(present_, {}, &Thread::left_);
  Thread& thread = **done;
  present_.erase(done);
  thread.wants_core_ = false;
  set_alarm();
  // It goes on at once, mostly: before others come to its core.
  thread.resumes_.resume();
  pull();
}

void Thread::begin_wait(std::coroutine_handle<> handle, double ns, bool spins) {
  resumes_ = handle;
  waiting_ = true;
  notified_ = false;
  if (spins) core_->enter(*this, kForever);
  if (ns != kForever) {
    clock_.set(*this, clock_.now() + ns);
  } else {
    clock_.cancel(*this);
  }
}

bool Thread::notify() {
  if (!waiting_ || notified_) return false;
  notified_ = true;
  clock_.set(*this, clock_.now());
  return true;
}

void Thread::ring() {
  waiting_ = false;
  if (wants_core_) {
    core_->leave(*this);
  } else {
    if (core_->is_wanted()) {
      if (Core* const idle = core_->idle_other()) core_ = idle;
    }
    core_->interrupt();
  }
  resumes_.resume();
}

void Thread::move_to(Core& core) {
  if (&core == core_) return;
  if (!wants_core_) {
    core_ = &core;
    return;
  }
  core_->leave(*this);
  const double left = left_;
  core_ = &core;
  core.enter(*this, left);
}

}  // namespace scaling
