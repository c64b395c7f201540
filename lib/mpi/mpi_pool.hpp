#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <muster/detail/backend.hpp>
#include <muster/mpi.hpp>
#include <muster/options.hpp>
#include <muster/stats.hpp>

namespace muster::detail {

// What stands behind an MpiPoolExecutor: the ranks of a job, or this process alone.
class MpiPool {
 public:
  virtual ~MpiPool() = default;

  virtual TravelBackend& backend() = 0;
  // Throws InvalidStateError in a worker and in a child that the program forked.
  virtual void check_caller() const = 0;
  virtual bool usable_here() const = 0;
  virtual bool in_callback() const = 0;
  virtual void close(bool cancel_pending) noexcept = 0;  // no submits from now on; returns at once
  virtual void drain() noexcept = 0;                     // returns when no task is unfinished
  virtual void finish() noexcept = 0;                    // drain, end the workers; once
  virtual void stop_workers(int signal) noexcept = 0;
  virtual PoolStats stats() const = 0;
  virtual std::vector<MpiWorker> workers_now() const = 0;
  virtual const std::string& name() const = 0;
  virtual std::size_t ranks() const = 0;
};

// Where this process is rank 0 of several, or alone. Throws as the constructor of MpiPoolExecutor.
std::shared_ptr<MpiPool> make_cluster_pool(const ProcessPoolOptions& options);
std::shared_ptr<MpiPool> make_lone_pool(const ProcessPoolOptions& options);

}  // namespace muster::detail
