#include <signal.h>

#include <exception>
#include <string>
#include <utility>

#include <muster/detail/task_context.hpp>
#include <muster/error.hpp>
#include <muster/log.hpp>
#include <muster/mpi.hpp>

#include "lib/mpi/conductor.hpp"
#include "lib/mpi/launch.hpp"
#include "lib/mpi/mpi_pool.hpp"
#include "lib/mpi/rank_server.hpp"
#include "lib/mpi/transport.hpp"
#include "lib/start/init_hooks.hpp"

namespace muster {

namespace detail {

namespace {

void check_mpi_is_unused() {
  if (Transport::is_initialized()) {
    throw InvalidStateError(
        "this program has initialised MPI, which Muster is to do, once the ranks' workers can be "
        "made: leave MPI_Init and MPI_Finalize to Muster");
  }
}

// At the end of muster::init(): rank 0 goes on, and lets the others go when it ends.
void serve_if_other_rank() {
  const Launch launch = launch_of_this_process();
  if (launch.ranks == 1) return;
  // Called once more, this finds what Muster has begun.
  if (!Conductor::instance().is_used()) check_mpi_is_unused();
  if (launch.serves()) serve_rank();
  Conductor::instance().end_at_exit();
}

std::shared_ptr<MpiPool> make_pool(const ProcessPoolOptions& options) {
  if (TaskContext::current() != nullptr) {
    throw InvalidStateError(
        "a task made an MpiPoolExecutor; tasks can make thread pools and process pools, and the "
        "ranks are rank 0's program's");
  }
  const Launch launch = launch_of_this_process();
  if (launch.ranks == 1) {
    log(LogLevel::info,
        "an MpiPoolExecutor was made without mpirun or with one rank: its tasks run on this "
        "process alone. Start the program by mpirun -n N for N - 1 ranks that serve");
    return make_lone_pool(options);
  }
  if (!Conductor::instance().is_used()) check_mpi_is_unused();
  if (launch.serves()) serve_rank();
  return make_cluster_pool(options);
}

}  // namespace

// Called before main.
bool register_mpi_ranks() {
  mark_launched_process();
  return add_init_hook(&serve_if_other_rank);
}

}  // namespace detail

MpiPoolExecutor::MpiPoolExecutor() : MpiPoolExecutor(ProcessPoolOptions{}) {}

MpiPoolExecutor::MpiPoolExecutor(ProcessPoolOptions options)
    : Executor({}),
      pool_(detail::make_pool(options)),
      on_unwind_(options.on_unwind),
      uncaught_(std::uncaught_exceptions()) {
  set_backends({.travel = &pool_->backend()});
}

MpiPoolExecutor::MpiPoolExecutor(MpiPoolExecutor&&) noexcept = default;

MpiPoolExecutor& MpiPoolExecutor::operator=(MpiPoolExecutor&& other) noexcept {
  if (this == &other) return *this;
  end(false);
  Executor::operator=(std::move(other));
  pool_ = std::move(other.pool_);
  on_unwind_ = other.on_unwind_;
  uncaught_ = other.uncaught_;
  return *this;
}

MpiPoolExecutor::~MpiPoolExecutor() { end(std::uncaught_exceptions() > uncaught_); }

void MpiPoolExecutor::end(bool unwinding) noexcept {
  if (!pool_) return;
  if (pool_->usable_here()) {
    if (unwinding && on_unwind_ == OnUnwind::kill) pool_->stop_workers(SIGKILL);
    pool_->close(unwinding && on_unwind_ != OnUnwind::wait);
    pool_->finish();
  }
  pool_.reset();
}

detail::MpiPool& MpiPoolExecutor::pool() const {
  if (!pool_) {
    throw InvalidStateError("this MpiPoolExecutor was moved from; use the one it was moved to");
  }
  return *pool_;
}

void MpiPoolExecutor::shutdown(ShutdownOptions options) {
  pool().check_caller();
  pool().close(options.cancel_futures);
  if (!options.wait) return;
  // A callback cannot wait for the callbacks: the destructor will.
  pool().in_callback() ? pool().drain() : pool().finish();
}

void MpiPoolExecutor::terminate_workers() {
  pool().check_caller();
  pool().stop_workers(SIGTERM);
}

void MpiPoolExecutor::kill_workers() {
  pool().check_caller();
  pool().stop_workers(SIGKILL);
}

PoolStats MpiPoolExecutor::stats() const { return pool().stats(); }

std::vector<MpiWorker> MpiPoolExecutor::worker_pids() const { return pool().workers_now(); }

std::string_view MpiPoolExecutor::name() const { return pool().name(); }

std::size_t MpiPoolExecutor::ranks() const { return pool().ranks(); }

}  // namespace muster
