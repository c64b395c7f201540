#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <muster/executor.hpp>
#include <muster/options.hpp>
#include <muster/stats.hpp>

namespace muster {

namespace detail {
class MpiPool;

// Makes muster::init() serve in the ranks other than 0. True, always.
bool register_mpi_ranks();
inline const bool kMpiRanksRegistered = register_mpi_ranks();
}  // namespace detail

// A worker process of an MpiPoolExecutor.
struct MpiWorker {
  int rank = 0;
  std::string host;
  std::size_t index = 0;  // among those of its rank
  pid_t pid = 0;          // on that host
};

// A pool of worker processes on the ranks of an MPI job (mpirun, srun), behind the interface of
// ProcessPoolExecutor. Rank 0 runs the program. Every other rank runs the same program as far as
// muster::init(), or where that is not called as far as its first MpiPoolExecutor, serves from
// there on, and ends when rank 0 has ended: neither returns there. Each of them runs tasks in a
// process pool of its own, so what crashes takes neither its rank nor the job with it.
//
// Call muster::init() at the top of main: the ranks' workers are then copies of the program as it
// was before MPI was initialised. Without mpirun, or with one rank, the pool is a process pool of
// this process, and the log says so.
//
// SharedArray and Shared are memory of one machine: as an argument or result here they are an
// EncodingError. Pass vectors and spans.
//
// Muster initialises MPI, on a thread of its own in rank 0, and finalises it when the program
// exits.
//
// Thread safety: any members from any threads at once, but for moving and destroying.
class MpiPoolExecutor final : public Executor,
                              public TaskInterface<MpiPoolExecutor, detail::TravelPath> {
 public:
  // One worker a CPU that each rank may use.
  MpiPoolExecutor();
  // The options are those of the ranks' process pools: max_workers are of each rank, 0: the CPUs
  // that it may use; max_pending counts the tasks of all. Returns when all workers are made. Throws
  // InvalidArgumentError for options that make no sense; InvalidStateError where MPI was
  // initialised already, or in a worker; Error where a rank cannot make its workers or runs another
  // program, naming the rank and its host.
  explicit MpiPoolExecutor(ProcessPoolOptions options);
  explicit MpiPoolExecutor(std::nullptr_t) : MpiPoolExecutor() {}

  MpiPoolExecutor(MpiPoolExecutor&&) noexcept;
  MpiPoolExecutor& operator=(MpiPoolExecutor&&) noexcept;

  // shutdown(); while an exception unwinds the stack, what ProcessPoolOptions::on_unwind says.
  ~MpiPoolExecutor() override;

  using TaskInterface<MpiPoolExecutor, detail::TravelPath>::map;
  using TaskInterface<MpiPoolExecutor, detail::TravelPath>::map_unordered;
  using TaskInterface<MpiPoolExecutor, detail::TravelPath>::share;
  using TaskInterface<MpiPoolExecutor, detail::TravelPath>::submit;
  using TaskInterface<MpiPoolExecutor, detail::TravelPath>::try_submit;

  void shutdown(ShutdownOptions options = {}) override;

  // On all ranks; see ProcessPoolExecutor. The job goes on, and new pools can be made.
  void terminate_workers();
  void kill_workers();

  // The counts are rank 0's. Workers are asked for on their ranks, and numbered through in the
  // order of the ranks; what needs a look into shared memory (histograms, names) is not collected.
  PoolStats stats() const override;
  // Of all ranks, as they are at the moment.
  std::vector<MpiWorker> worker_pids() const;
  std::string_view name() const override;

  // Ranks that serve; 0 where the pool is one of this process.
  std::size_t ranks() const;

 private:
  detail::MpiPool& pool() const;
  void end(bool unwinding) noexcept;

  std::shared_ptr<detail::MpiPool> pool_;
  OnUnwind on_unwind_ = OnUnwind::cancel;
  int uncaught_ = 0;  // exceptions in flight when the pool was made
};

}  // namespace muster
