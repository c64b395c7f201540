#pragma once

#include <coroutine>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "tools/scaling/clock.hpp"

namespace scaling {

class Thread;

// A core: the threads that want it share it equally.
class Core final : public Alarm {
 public:
  // `interruption`: how much more work a thread has that computes, each time that another one wakes
  // beside it.
  Core(Clock& clock, double interruption) : clock_(clock), interruption_(interruption) {}

  // Wants so many nanoseconds of it; infinite: until it leaves.
  void enter(Thread& thread, double work);
  // It has slept, and wants the core next.
  void interrupt();
  void leave(Thread& thread);
  bool is_wanted() const { return !present_.empty(); }
  std::size_t wanted_by() const { return present_.size(); }
  // Cores of the same machine, between which threads move.
  void share_with(std::vector<Core*> others) { others_ = std::move(others); }

  void ring() override;

 private:
  friend class Thread;

  void advance();
  void set_alarm();
  Core* idle_other() const;
  void pull();

  Clock& clock_;
  std::vector<Core*> others_;
  double interruption_;
  double since_ = 0;
  std::vector<Thread*> present_;
};

// A thread of the simulated job.
class Thread final : public Alarm {
 public:
  static constexpr double kForever = std::numeric_limits<double>::infinity();

  Thread(Clock& clock, Core& core) : clock_(clock), core_(&core) {}

  // co_await: spends so much processor time.
  auto compute(double ns) { return Computation{*this, ns}; }
  // co_await: until notify() or for so long; true: it was notified. `spins`: it keeps its core
  // busy.
  auto wait(double ns, bool spins = false) { return Wait{*this, ns, spins}; }

  // Wakes it where it waits. False: it does not.
  bool notify();
  bool is_spinning() const { return waiting_ && wants_core_; }

  Core& core() { return *core_; }
  void move_to(Core& core);
  // Processor time so far.
  double used() const { return used_; }

  void ring() override;

 private:
  friend class Core;

  struct Computation {
    Thread& thread;
    double ns;
    bool await_ready() const { return ns <= 0; }
    void await_suspend(std::coroutine_handle<> handle) {
      thread.resumes_ = handle;
      thread.core_->enter(thread, ns);
    }
    void await_resume() const {}
  };
  struct Wait {
    Thread& thread;
    double ns;
    bool spins;
    bool await_ready() const { return ns <= 0; }
    void await_suspend(std::coroutine_handle<> handle) { thread.begin_wait(handle, ns, spins); }
    bool await_resume() const { return ns > 0 && thread.notified_; }
  };

  void begin_wait(std::coroutine_handle<> handle, double ns, bool spins);

  Clock& clock_;
  Core* core_;
  std::coroutine_handle<> resumes_;
  double left_ = 0;  // of the work that it wants from its core
  double used_ = 0;
  bool wants_core_ = false;
  bool waiting_ = false;
  bool notified_ = false;
};

}  // namespace scaling
