#pragma once

// The client's side of a process pool as it is shipped, with nobody on the other side: no
// supervisor and no workers are forked, and no thread pumps. What they would write into the pool's
// memory, or say, is written and said by whoever holds the probe, and the client's steps are taken
// one by one.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "fuzz/small_pool.hpp"
#include "lib/client/process_core.hpp"

namespace muster::detail {

class CoreProbe {
 public:
  // How much of the memory there is: as much as usual, or so little that tasks have to wait for it.
  struct Room {
    bool few_slots = false;
    bool few_arguments = false;
  };
  static constexpr std::uint32_t kFewSlots = 8;

  explicit CoreProbe(const ProcessPoolOptions& options) : CoreProbe(options, Room()) {}
  CoreProbe(const ProcessPoolOptions& options, Room room);
  // Every future is done when this has returned, but for those that wait in a probe that broke.
  ~CoreProbe();
  CoreProbe(const CoreProbe&) = delete;
  CoreProbe& operator=(const CoreProbe&) = delete;

  TravelBackend& backend() { return *core_; }
  const Geometry& geometry() const { return core_->geometry_; }
  // All of it writable: the workers' and the supervisor's, too.
  const fuzz::Views& views() const { return views_; }
  // Of the task in the slot, by the client's own knowledge; nothing where none is.
  std::optional<TaskTag> tag(std::uint32_t slot) const;

  // As the supervisor sends it. `with_pidfd`: with the pidfd of a process that has ended.
  void say(const Message& message, bool with_pidfd);
  void say_bytes(std::span<const std::uint8_t> bytes);

  // What the pump does when it is rung for, but for its sleep.
  void pump_once();
  // Under the lock: `first`, and then takes in what has ended.
  void take_in_after(const std::function<void()>& first);
  // False: the message finds no room.
  bool ask_to_kill();
  // Whatever the client has said; how often it has asked to kill.
  unsigned read_requests_to_kill();
  // What the audit looks at in place of the supervisor; otherwise at this process.
  void supervisor_is(pid_t pid) { core_->supervisor_ = pid; }
  // What the pump does where it finds no memory, and then it is gone.
  void give_up();
  void pump_once_or_give_up();
  // As if the time of the next look had come.
  void audit();
  void close(bool cancel_pending);
  // Returns when no task is unfinished.
  void drain() { core_->drain(); }
  // The socket ends, as with the supervisor's death: every future that is left fails.
  void end();

  std::uint64_t unfinished() const { return core_->unfinished_; }
  bool broken() const { return core_->life_ == ProcessCore::Life::broken; }
  // What it found that cannot be, and gave the pool up for; "" where it has not.
  const std::string& corrupted() const { return core_->corrupted_; }
  PoolStats stats() const { return core_->stats(); }

 private:
  std::shared_ptr<ProcessCore> core_;
  FileDescriptor supervisors_end_;
  FileDescriptor ended_pidfd_;
  boost::interprocess::mapped_region results_;
  boost::interprocess::mapped_region facts_;
  fuzz::Views views_;
  bool listening_ = true;
};

}  // namespace muster::detail
