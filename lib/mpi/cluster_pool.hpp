#pragma once

// A pool on the ranks of a job, as rank 0 has it. Tasks wait in a queue here until a rank has room
// for them (Share); what a rank was given is its own until it says how it ended.
//
// One lock guards it all. User code never runs under it; the threads that submit take it for each
// task, MPI's thread for a batch at a time.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <muster/detail/backend.hpp>
#include <muster/detail/modules.hpp>
#include <muster/error.hpp>

#include "lib/futures/callback_runner.hpp"
#include "lib/mpi/cluster_source.hpp"
#include "lib/mpi/conductor.hpp"
#include "lib/mpi/mpi_pool.hpp"
#include "lib/mpi/share.hpp"
#include "lib/mpi/task_table.hpp"

namespace muster::detail {

class ClusterPool final : public MpiPool,
                          public TravelBackend,
                          public std::enable_shared_from_this<ClusterPool> {
 public:
  explicit ClusterPool(const ProcessPoolOptions& options);
  ~ClusterPool() override;
  // Has all ranks make their workers; once.
  void start(const ProcessPoolOptions& options);

  // TravelBackend
  bool submit(StateBase& state, TaskSpec& spec) override;
  bool submit_small(StateBase& state, const TaskType& type, const std::byte* bytes,
                    std::size_t size) override;
  std::optional<double> seconds_per_item(const TaskType& type) const override;
  std::size_t workers() const override { return workers_; }
  std::shared_ptr<TravelBackend> share() override { return shared_from_this(); }

  // MpiPool
  TravelBackend& backend() override { return *this; }
  void check_caller() const override;
  bool usable_here() const override;
  bool in_callback() const override { return callbacks_.is_current_thread(); }
  void close(bool cancel_pending) noexcept override;
  void drain() noexcept override;
  void finish() noexcept override;
  void stop_workers(int signal) noexcept override;
  PoolStats stats() const override;
  std::vector<MpiWorker> workers_now() const override;
  const std::string& name() const override { return name_; }
  std::size_t ranks() const override { return shares_.size(); }

  // For ClusterSource.
  void cancel(StateBase& state, CancelMode mode);
  bool running(const StateBase& state);
  void request_stop(StateBase& state);
  std::string task_name(const StateBase& state);

  // For the conductor, on its thread.
  bool feed(std::vector<Peer>& peers);  // true: something was given to a rank
  void begin_results();
  void end_results(Peer& peer, std::int64_t now_ns);
  void take(Peer& peer, Record& record);
  bool expects_results() const;
  void lose(const std::string& sentence);

 private:
  enum class Life { open, closed, broken };
  using Lock = std::unique_lock<std::mutex>;

  bool admit(Lock& lock, bool blocking);
  TypeCode code_of(const TaskType& type);
  void enqueue(StateBase& state, std::uint32_t index);
  std::string name_of(const ClusterTask& task) const;

  void give(std::uint32_t index, Peer& peer, std::size_t to, std::int64_t now_ns);
  void write(std::uint32_t index, ClusterTask& task, Peer& peer, std::size_t to,
             std::int64_t now_ns);
  bool recall(std::vector<Peer>& peers);
  void take_returned(std::uint64_t number, ClusterTask& task);
  std::optional<std::size_t> choose(std::size_t size, const std::vector<Peer>& peers);
  enum class End { finished, failed, cancelled };
  StateBase* end_task(std::uint64_t number, ClusterTask& task, End how);
  void complete(std::uint64_t number, ClusterTask& task, RawKind kind, const std::byte* data,
                std::size_t size);
  void complete_own(std::uint64_t number, RawKind kind, std::byte* data, std::size_t size);
  void take_measure(ClusterTask& task, double seconds);
  void stop_others();
  void break_pool(const BrokenProcessPool& error);
  std::vector<std::byte> ask_about(const StateBase& state, Question what, bool kill);
  std::vector<std::optional<std::vector<std::byte>>> ask_all(
      Question what, const std::vector<std::byte>& arguments) const;

  // Constant after start().
  const std::string name_;
  const std::size_t max_pending_;
  const std::uint32_t fork_generation_;
  Conductor& conductor_;
  ClusterSource& source_;
  CallbackRunner& callbacks_;
  std::uint16_t number_ = 0;
  std::size_t workers_ = 0;
  ModuleTable modules_;

  mutable std::mutex mutex_;
  std::condition_variable ended_;  // a task has; for who waits in submit or drain()
  // Under mutex_.
  Life life_ = Life::open;
  std::optional<BrokenProcessPool> broken_;
  TaskTable tasks_;
  std::deque<std::uint32_t> queue_;
  std::vector<Share> shares_;  // of each peer
  std::size_t next_ = 0;       // where the search for room goes on
  std::size_t unfinished_ = 0;
  std::size_t waiting_ = 0;  // threads in ended_
  std::uint64_t submitted_ = 0;
  std::uint64_t finished_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t cancelled_ = 0;
  struct KnownType {
    TypeCode code = 0;
    double seconds_per_item = 0;
    bool timed = false;
  };
  std::vector<KnownType> types_;
  std::size_t results_ = 0;          // in the present batch
  bool cancels_all_ = false;         // closed by close(true)
  std::int64_t recall_look_ns_ = 0;  // when recall() looked last

  std::mutex finish_mutex_;
  bool ended_all_ = false;  // under finish_mutex_
};

}  // namespace muster::detail
