#pragma once

// The process between client and workers: forks, watches, kills, reaps, recovers and replaces
// workers. It is the only one that forks workers, because it is the only one known to be
// single-threaded. Of shared memory it writes the facts segment, and of control what recovery
// needs.
//
// Its life: start(all) -> watch until told to end, or until the pool breaks, or until the client
// is gone. Whatever ends it, no worker outlives it: it kills and reaps them first, and if it is
// itself killed, each worker has asked the kernel for SIGKILL at its parent's death.
//
// What the client is sent, and when: of each worker, its pidfd before it may take a task; of a
// death, only after the process is reaped, its slots are ended and its record is written.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <muster/options.hpp>

#include "lib/common/time_slice.hpp"
#include "lib/queue/recovery.hpp"
#include "lib/segments/views.hpp"
#include "lib/sharing/block_broker.hpp"
#include "lib/supervisor/child.hpp"
#include "lib/supervisor/death_rate.hpp"
#include "lib/supervisor/death_record.hpp"
#include "lib/supervisor/messages.hpp"
#include "lib/supervisor/oom_watch.hpp"
#include "worker/worker_setup.hpp"

namespace muster::detail {

class Supervisor {
 public:
  // `setup` describes what this pool's processes share; descriptors in it are this process's own.
  explicit Supervisor(WorkerSetup setup, FileDescriptor client_socket, FileDescriptor client_pidfd);

  // Does not return; the exit status means nothing to anybody.
  [[noreturn]] void run();

 private:
  bool fork_worker(std::uint32_t index, Child& child, std::string& error);
  bool admit(std::uint32_t index, std::string& error);
  bool tell(const Message& message, int fd_along = -1) const;
  bool start_worker(std::uint32_t index, std::string& error);
  bool replace_worker(std::uint32_t index, std::string& error);
  void prepare_heir(std::uint32_t index);
  void drop_heirs();
  void reap_later(Child& child);
  void write_off_overdue();
  void start_all();
  void watch();
  void handle_messages();
  void handle_exit(std::uint32_t index);
  void bury(std::uint32_t index, const ExitFacts& exit);
  void kill_for_tasks();
  void kill_overdue();
  int poll_timeout_ms() const;
  void break_pool(BreakCause cause, std::uint64_t record, const char* text, int signal);
  // By the signal, and those that it does not end within kill_grace by SIGKILL. Who does not end of
  // that either, as does_not_end() says it; "": nobody.
  std::string end_all(int signal);
  void signal_all(int signal) const;
  void await_all(std::int64_t deadline, bool heed_client) const;
  bool wants_no_grace() const;
  [[noreturn]] void leave();

  WorkerSetup setup_;
  FileDescriptor client_socket_;
  FileDescriptor client_pidfd_;
  TasksView tasks_;
  ControlView control_;
  ResultsView results_;
  FactsView facts_;
  boost::interprocess::mapped_region tasks_region_;
  boost::interprocess::mapped_region control_region_;
  boost::interprocess::mapped_region results_region_;
  boost::interprocess::mapped_region facts_region_;
  std::optional<Recovery<StdPlatform>> recovery_;
  std::vector<Child> children_;
  // Successors of workers that are about to end, it seems. They wait to be admitted.
  std::vector<Child> heirs_;
  // Workers that were written off, until they end after all, and such as have ended and that a
  // process that traces them has not waited for.
  std::vector<Child> unreaped_;
  BlockBroker broker_;
  OomWatch oom_;
  TimeSlice slice_;
  DeathRate deaths_;
  std::uint64_t next_incarnation_ = 1;
};

// In a child of the client that has just been forked: becomes the pool's supervisor.
[[noreturn]] void supervisor_main(WorkerSetup setup, FileDescriptor client_socket,
                                  FileDescriptor client_pidfd);

}  // namespace muster::detail
