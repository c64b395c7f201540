#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <muster/inspect.hpp>

#include "lib/common/file_descriptor.hpp"
#include "worker_row.hpp"

namespace muster_tool::top {

// Why this worker cannot be killed; none where it can.
std::optional<std::string> reason_not_to_kill(const muster::PoolInfo& pool,
                                              const muster::WorkerStats& worker);

// A worker that is to be killed, from the question on until it is known what came of it.
class WorkerKill {
 public:
  WorkerKill(const muster::PoolInfo& pool, const WorkerRow& row);

  // Names the worker and its task, and what the pool will do.
  std::string question() const;

  // Sends SIGKILL, if the pool still has that worker: its process is a child of the pool's
  // supervisor, which has its memory mapped, and the task that it was asked about has not ended.
  // Returns what happened.
  std::string send(muster::PoolInspector& pool);

  // Whether it was sent, so that there is an outcome to wait for.
  bool sent() const { return sent_; }
  // What has become of it, by a later look; none: nothing yet.
  std::optional<std::string> outcome(const muster::PoolInfo& pool) const;

 private:
  std::string who() const;
  std::string not_killed(const std::string& why) const;
  bool process_has_ended() const;

  std::size_t index_;
  pid_t pid_;
  std::uint64_t task_id_ = 0;  // 0: it runs none, or short ones, one after the other
  std::string task_;           // printable
  std::string running_for_;
  bool is_replaced_;
  bool sent_ = false;
  muster::detail::FileDescriptor process_;
};

}  // namespace muster_tool::top
