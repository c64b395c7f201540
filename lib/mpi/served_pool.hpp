#pragma once

// One of rank 0's pools on a rank that serves: its tasks are given to a process pool as they came,
// and what came of them is sent back as it is.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <muster/detail/modules.hpp>

#include "lib/client/process_core.hpp"
#include "lib/mpi/bell.hpp"
#include "lib/mpi/pool_order.hpp"
#include "lib/mpi/relay_task.hpp"
#include "lib/mpi/wire.hpp"

namespace muster::detail {

// Where results go.
class ResultSink {
 public:
  // Room in the batch for rank 0.
  virtual std::byte* write(RecordHead head) = 0;
  // Sends them from where they are; `task` is dropped when they have gone.
  virtual void send_large(RelayTask& task) = 0;
  // Receives arguments to where they are to lie; returns when they do. Meanwhile results go on.
  virtual void receive_large(std::byte* place, std::size_t size) = 0;
  // Receives them and keeps nothing; returns at once.
  virtual void receive_in_vain(std::size_t size) = 0;

 protected:
  ~ResultSink() = default;
};

class ServedPool {
 public:
  // Makes the workers. Throws as ProcessPoolExecutor does.
  ServedPool(std::uint16_t number, const PoolOrder& order, const ModuleTable& modules,
             std::string place, Bell& bell, ResultSink& sink);
  // Waits for what runs.
  ~ServedPool();
  ServedPool(const ServedPool&) = delete;
  ServedPool& operator=(const ServedPool&) = delete;

  std::size_t workers() const { return core_->workers(); }

  // Where max_shared_memory has the task wait, it does so in a list, and later ones with arguments
  // behind it. Returns once large arguments are here; meanwhile results go on.
  void submit(Record& record);
  // Sends what has ended. True if anything has.
  bool collect();
  void collect_all();
  // Tells rank 0 if the workers are gone and it does not know. True: it did not.
  bool look_whether_broken();
  // Nothing is unfinished; else each end rings the bell, and one has not come already.
  bool watch_all();

  bool cancel(const TaskQuestion& question);
  // Gives so many tasks back that have not begun, the last ones first.
  void recall(std::uint64_t most);
  bool running(const TaskQuestion& question) const;
  void request_stop(const TaskQuestion& question);
  // What stops the workers and waits for that; to be called on any thread, also when this is gone.
  std::function<void()> stopping(int signal);
  // Each is ready once something that stopping() gave has run.
  const std::vector<std::shared_future<void>>& stops() const { return stops_; }
  // A task for a pool that is not here.
  static void pass_over(Record& record, ResultSink& sink);
  WorkerRows rows() const;

 private:
  struct Arrived;
  struct Waiting;

  const TaskType& type_of(TypeCode code);
  RelayTask& begin(const RecordHead& head, const TaskType& type, bool chunk);
  RelayTask* find(std::uint64_t number) const;
  void submit(Arrived& arrived);
  void give(RelayTask& task, const TaskType& type, Arrived& arrived);
  void let_wait(Arrived& arrived);
  bool submit_waiting();
  std::unique_ptr<Waiting> take_waiting(std::uint64_t number);
  void refuse(RelayTask& task, const std::exception_ptr& error);
  void send_end(RelayTask& task);
  void send_error(std::uint64_t number, const std::exception_ptr& error);
  void tell_if_broken();
  void write_error(RecordKind kind, std::uint64_t number, const std::exception_ptr& error);
  std::exception_ptr with_place(const std::exception_ptr& error);

  const std::uint16_t number_;
  const ModuleTable modules_;
  const std::string place_;  // "rank 1 on node7: "
  Bell& bell_;
  ResultSink& sink_;
  std::vector<std::shared_future<void>> stops_;
  std::shared_ptr<ProcessCore> core_;
  std::unordered_map<TypeCode, const TaskType*> types_;
  TypeCode last_code_ = 0;
  const TaskType* last_type_ = nullptr;
  std::vector<RelayTask*> active_;    // in the order in which they came
  std::vector<RelayTask*> by_index_;  // by the lower half of the task's number
  std::deque<std::unique_ptr<Waiting>> waiting_;
  bool submits_ = false;           // one is on its way into the pool
  std::exception_ptr why_broken_;  // to be told
  bool told_ = false;              // rank 0 knows that the workers are gone
};

}  // namespace muster::detail
