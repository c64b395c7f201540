#include "worker/worker.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>

#include <muster/detail/task_context.hpp>
#include <muster/log.hpp>

#include "lib/common/exception_text.hpp"
#include "lib/common/futex.hpp"
#include "lib/common/random.hpp"
#include "lib/common/signals.hpp"
#include "lib/queue/worker_loop.hpp"
#include "worker/crash_handler.hpp"
#include "worker/limits/apply_limits.hpp"
#include "worker/output.hpp"
#include "worker/parent_watch.hpp"
#include "worker/stack_handler.hpp"
#include "worker/task_runner.hpp"

namespace muster::detail {

namespace bip = boost::interprocess;

namespace {

// With this status a worker leaves that cannot set itself up, or go on between tasks.
constexpr int kCannotServe = 125;

// A read from the terminal would stop a process in the background.
void detach_stdin() {
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0) return;  // then standard input stays as it is
  ::dup2(null, STDIN_FILENO);
  if (null != STDIN_FILENO) ::close(null);
}

// One worker's life.
class Worker {
 public:
  Worker(WorkerSetup& setup, std::uint32_t index, std::uint64_t incarnation, ParentWatch& parent)
      : setup_(setup), index_(index), incarnation_(incarnation), parent_(parent) {
    const Geometry& g = setup.geometry;
    tasks_region_ = map_shared(setup.tasks, bip::read_only, 0, g.tasks_bytes());
    control_region_ = map_shared(setup.control, bip::read_write, 0, g.control_bytes());
    window_region_ =
        map_shared(setup.results, bip::read_write, index * g.window_bytes, g.window_bytes);
    facts_region_ = map_shared(setup.facts, bip::read_only, 0, g.facts_bytes());
    tasks_ = {static_cast<std::byte*>(tasks_region_.get_address()), g};
    control_ = {static_cast<std::byte*>(control_region_.get_address()), g};
    window_ = {static_cast<std::byte*>(window_region_.get_address()), g};
    facts_ = {static_cast<std::byte*>(facts_region_.get_address()), g};
  }

  // Waits until the client knows of this process. Until then the window is its predecessor's, which
  // may not be dead yet.
  void await_admission() const {
    const auto& admitted = facts_.worker(index_).admitted;
    const auto mine = static_cast<std::uint32_t>(incarnation_);
    for (std::uint32_t now = admitted.load(); now != mine; now = admitted.load()) {
      futex_wait(admitted, now, Deadline::never(), FutexScope::shared);
    }
  }

  // Ends the process if one cannot be set: the supervisor reads which in the record.
  void limit(ProcessTaskRunner& runner) {
    try {
      runner.prepare_for_limits();
      apply_limits(setup_.limits);
    } catch (const std::exception& e) {
      fail_to_start(WorkerPhase::limits_failed, e.what());
    }
  }

  // Ends the process if the initializer throws: the supervisor reads why in the record.
  void initialize(ProcessTaskRunner& context) {
    TaskContext::set_current(&context);
    try {
      if (setup_.initializer) setup_.initializer.invoke(setup_.modules);
    } catch (...) {
      const std::string text = describe_exception(std::current_exception());
      context.locals()->destroy();
      fail_to_start(WorkerPhase::init_failed, text.c_str());
    }
    parent_.renew();  // the initializer may have given privileges up
    window_.record().phase.store(WorkerPhase::ready);
  }

  void serve() {
    await_admission();
    ::setpgid(0, 0);  // the supervisor has done it, if it could
    WorkerRecord& record = window_.record();
    // Before the record says that it is this life's: what its predecessor had reserved is not.
    WorkerQueue queue(control_.queue(), tasks_, record, index_, setup_.max_tasks_per_child,
                      index_ < setup_.spinners);
    clear_record();
    install_crash_handler(record.crash);
    install_stack_handler(window_);
    record.life.hold();  // where it cannot be held, the end is heard of later
    ProcessTaskRunner runner(setup_, tasks_, control_, window_, queue, index_, parent_);
    limit(runner);
    initialize(runner);
    queue.arrive();
    run_worker(queue, runner);
    record.phase.store(WorkerPhase::ending);
    queue.depart();
    finalize();
    destroy_locals(*runner.locals());
    TaskContext::set_current(nullptr);
    queue.closed() ? runner.end_results() : runner.leave_results();
    record.phase.store(WorkerPhase::ended);
    leave(0);
  }

 private:
  [[noreturn]] void fail_to_start(WorkerPhase how, const char* why) {
    WorkerRecord& record = window_.record();
    std::strncpy(record.init_error, why, sizeof(record.init_error) - 1);
    record.phase.store(how);
    leave(1);
  }

  void clear_record() {
    WorkerRecord& record = window_.record();
    record.phase.store(WorkerPhase::starting);
    record.current.store(0);
    record.average_ticks.store(0);
    record.crash.signal.store(0);
    record.init_error[0] = '\0';
    record.progress_done.store(0);
    record.progress_total.store(0);
    record.chunk_region.store(0);
    record.chunk_items.store(0);
    record.blocks_held.store(0);
    record.pid.store(static_cast<std::uint32_t>(::getpid()));
    record.incarnation.store(incarnation_);  // last: the rest is this life's now
  }

  void finalize() {
    if (!setup_.finalizer) return;
    try {
      setup_.finalizer.invoke(setup_.modules);
    } catch (...) {
      log(LogLevel::error, "the finalizer of worker " + std::to_string(index_) + " (pid " +
                               std::to_string(::getpid()) + ") of pool \"" + setup_.pool_name +
                               "\" threw " + describe_exception(std::current_exception()));
    }
  }

  void destroy_locals(WorkerLocals& locals) {
    // Said only where it is so: the client waits for it, however long it takes.
    if (!locals.empty()) window_.record().phase.store(WorkerPhase::destroying);
    locals.destroy();
  }

  [[noreturn]] static void leave(int status) {
    flush_output();
    ::_exit(status);
  }

  WorkerSetup& setup_;
  const std::uint32_t index_;
  const std::uint64_t incarnation_;
  ParentWatch& parent_;
  bip::mapped_region tasks_region_;
  bip::mapped_region control_region_;
  bip::mapped_region window_region_;
  bip::mapped_region facts_region_;
  TasksView tasks_;
  ControlView control_;
  WindowView window_;
  FactsView facts_;
};

}  // namespace

void worker_main(WorkerSetup& setup, std::uint32_t index, std::uint64_t incarnation,
                 pid_t supervisor) {
  ParentWatch parent(supervisor);
  const std::string name = setup.pool_name + "_" + std::to_string(index);
  ::prctl(PR_SET_NAME, name.c_str());
  detach_stdin();
  guard_exit();
  reseed_random(setup.random_seed, index, incarnation);
  try {
    Worker(setup, index, incarnation, parent).serve();
  } catch (const std::exception& e) {
    // Of its setup or its loop: what tasks, initializer and finalizer throw is caught there.
    log(LogLevel::error, "worker " + std::to_string(index) + " of pool \"" + setup.pool_name +
                             "\" ends, not by a task: " + e.what());
  }
  ::_exit(kCannotServe);
}

}  // namespace muster::detail
