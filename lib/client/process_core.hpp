#pragma once

// The client's side of a process pool: gives out slots, takes results in, and knows of every
// unfinished task, in private memory, what it is and whose.
//
// A task is in one of three places: in a slot (shadow_, the shared slot word says how far it is);
// behind, in the backlog, when all slots are taken; or ended. All of it is guarded by one lock,
// that of the ProcessSource, held for a fraction of a microsecond, unless the arguments' arena
// grows or large data is copied or freed: no user code runs under it.
//
// Who takes results in: whoever needs one or needs a slot, from any thread (harvest); and the
// pump, a thread of the pool, for what nobody asks for: hooks on futures, the backlog, deaths.
//
// What workers can write is not believed: a word, a size or an offset is read once, checked
// against the private shadow, and only the copy is used. What cannot be breaks the pool.

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <muster/detail/backend.hpp>
#include <muster/detail/state.hpp>
#include <muster/error.hpp>
#include <muster/options.hpp>
#include <muster/stats.hpp>

#include "lib/client/argument_buffer.hpp"
#include "lib/client/backlog.hpp"
#include "lib/client/client_telemetry.hpp"
#include "lib/client/in_flight.hpp"
#include "lib/client/known_types.hpp"
#include "lib/client/place.hpp"
#include "lib/client/pool_segments.hpp"
#include "lib/client/process_source.hpp"
#include "lib/client/return_ledger.hpp"
#include "lib/codec/code_places.hpp"
#include "lib/common/biased_mutex.hpp"
#include "lib/common/exit_drain.hpp"
#include "lib/common/fork_guard.hpp"
#include "lib/futures/callback_runner.hpp"
#include "lib/inspect/death_text.hpp"
#include "lib/limits/prepared_limits.hpp"
#include "lib/segments/arena.hpp"
#include "lib/segments/memory_budget.hpp"
#include "lib/sharing/block_channel.hpp"
#include "lib/sharing/block_registry.hpp"
#include "lib/sharing/deliveries.hpp"
#include "lib/slots/slot_table.hpp"
#include "lib/start/spawn.hpp"
#include "lib/start/task_offer.hpp"
#include "lib/supervisor/messages.hpp"

namespace muster::detail {

class ProcessCore final : public TravelBackend,
                          public ExitDrained,
                          public BlockUser,
                          public std::enable_shared_from_this<ProcessCore>,
                          private ArgumentBuffer::Memory {
 public:
  explicit ProcessCore(const ProcessPoolOptions& options);
  // Makes segments, supervisor and workers; once. Throws InvalidArgumentError for options that make
  // no sense or workers that cannot be made, Error where memory or descriptors run out; then the
  // object can only be destroyed.
  void start(const ProcessPoolOptions& options);
  // REQUIRES: finish() has returned, or start() threw, or the process is a child that the program
  // forked.
  ~ProcessCore();
  ProcessCore(const ProcessCore&) = delete;
  ProcessCore& operator=(const ProcessCore&) = delete;

  // TravelBackend
  bool submit(StateBase& state, TaskSpec& spec) override;
  bool submit_small(StateBase& state, const TaskType& type, const std::byte* bytes,
                    std::size_t size) override;
  std::optional<double> seconds_per_item(const TaskType& type) const override;
  std::size_t workers() const override { return geometry_.workers; }
  std::shared_ptr<TravelBackend> share() override { return shared_from_this(); }

  // For a thread that submits and must not wait: whether a task with so many bytes of arguments
  // would not wait for memory, if no other thread submits meanwhile.
  bool has_memory_for(std::size_t size);
  // Null as long as the pool is not broken.
  std::exception_ptr why_broken() const;

  // For ProcessPoolExecutor.
  void close(bool cancel_pending) noexcept;  // no submits from now on; returns at once
  void drain() noexcept;                     // returns when no task is unfinished
  void finish() noexcept;                    // drain, end the workers, join the threads; once
  void drain_at_exit() noexcept override;
  bool workers_hold_blocks() const noexcept override;
  void tell_block_gone(bool at_once) noexcept override;
  // Throws InvalidStateError in a worker of this pool and in a child that the program forked.
  void check_caller() const;
  bool in_callback() const { return callbacks_.is_current_thread(); }
  void stop_workers(int signal) noexcept;  // and so break the pool; returns when they are gone
  PoolStats stats() const;
  std::vector<pid_t> worker_pids() const;
  const std::string& name() const { return name_; }
  // Not in a child that the user forked.
  bool usable_here() const { return fork_generation() == fork_generation_; }
  // In such a child, before anything else runs there: lets go of what it inherited.
  void release_in_child() noexcept;

  // For ProcessSource, with the lock held; `lock` may be released and taken again where it is
  // given.
  using Lock = std::unique_lock<BiasedMutex>;
  bool cancel(StateBase& state, CancelMode mode);
  bool running(const StateBase& state) const;
  void wait(Lock& lock, StateBase& state, Deadline until);
  void poll(StateBase& state);
  void observe(StateBase& state);
  void request_stop(StateBase& state);
  void release_kept(const std::byte* data, std::size_t size);
  bool owns(const std::byte* data) const;
  std::string task_name(const StateBase& state) const;

 private:
  // Tests take its steps one by one, without workers: tests/fuzz/core_probe.hpp.
  friend class CoreProbe;

  enum class Life { open, closed, broken };
  enum Pump : std::uint32_t { waits, runs, leaves };
  using Memory = ArgumentBuffer::Memory;
  // Results taken in by one who wants a slot or one result; and how many tasks in a row may be
  // found unfinished before the look is given up: their lines are the workers' at the moment.
  static constexpr std::size_t kHarvestBatch = 64;
  static constexpr std::size_t kHarvestPatience = 8;

  // core_start.cpp
  void make_segments(const Geometry& geometry);
  void make_tables();
  void start_pump();
  void release_pump(Pump what) noexcept;
  WorkerSettings settings_for(const ProcessPoolOptions& options) const;
  void start_supervisor(const ProcessPoolOptions& options);
  struct SupervisorEnds {
    FileDescriptor socket;
    FileDescriptor blocks;
    FileDescriptor client;  // the client's pidfd
  };
  SupervisorEnds make_ends();
  SupervisorFiles files_for(const SupervisorEnds& ends);
  void fork_supervisor(WorkerSettings settings, SupervisorEnds ends);
  [[noreturn]] void become_supervisor(WorkerSettings settings, SupervisorEnds ends) noexcept;
  void ask_fork_server(const WorkerSettings& settings, SupervisorEnds ends);
  void watch_child();
  std::uint32_t spinners() const;
  void await_workers();
  void give_up_start() noexcept;
  void reap_supervisor() noexcept;
  static void pump_ended();

  // core_shutdown.cpp
  void cancel_what_waits();
  void cancel_behind(Behind& node);

  // core_submit.cpp
  bool admit(Lock& lock, bool blocking);
  bool admit_slow(Lock& lock, bool blocking);
  bool within_budget(std::uint64_t waiting, std::size_t size) const;
  bool may_take_memory(std::size_t size) const;
  bool admit_memory(Lock& lock, std::size_t size, bool blocking);
  bool somebody_waits_to_submit() const { return max_pending_ != 0 || budget_.limit != 0; }
  void place_task(StateBase& state, const TaskPart& part, std::unique_ptr<Extras> extras,
                  std::byte* heap_arguments);
  bool has_room();
  bool make_room();
  std::uint32_t enter_slot(StateBase* state, std::uint64_t id);
  struct Entry {
    std::uint64_t id = 0;
    std::uint64_t mark = 0;  // TraceMark
    bool notify = false;
    bool is_new = false;  // was not behind, where its submission would have been told already
  };
  void put_in_slot(StateBase* state, const TaskPart& part, std::unique_ptr<Extras> extras,
                   const Entry& entry);
  void publish(std::uint32_t slot, bool notify);
  void mark_telling(std::uint32_t slot, bool tells);
  void count_submitted(StateBase& state);
  void come_to_tidy();
  void drop_arguments(const TaskPart& part, std::byte* heap_arguments);
  void free_in_arena(std::byte* block);
  EncodingError arguments_too_long(std::size_t size) const;
  EncodingError no_memory_to_submit(std::size_t size) const;
  Block allocate_block_locked(std::size_t size);
  Block allocate_long(std::size_t size) override;
  void free_long(Block block) noexcept override;
  void write_long(std::byte* place, const void* data, std::size_t size) noexcept override;
  void count_arguments();

  // core_backlog.cpp
  void put_behind(StateBase& state, const TaskPart& part, std::unique_ptr<Extras> extras,
                  std::byte* heap_arguments);
  void refill() noexcept;
  bool ask_one_to_tell();
  bool move_to_slot(Behind& node);
  void count_behind();
  void fail_for_memory(Behind& node) noexcept;
  void drop_behind(Behind& node);

  // core_wake.cpp
  void wake_if_needed(std::uint32_t in_slots) {
    parking_->fence_after_publish();
    if (parking_->anyone_sleeps()) wake_for(in_slots);
  }
  void wake_for(std::uint32_t in_slots);
  bool wake_one_worker();
  bool watch_instead();
  bool awake_keep_up(std::uint64_t queued) const;
  void watch_workers();

  // core_harvest.cpp
  enum class Ended { finished, failed, cancelled };
  bool harvest(std::uint32_t slot) noexcept;
  std::size_t harvest_ready(std::size_t limit, std::size_t patience);
  void harvest_all() noexcept;
  bool take_plain_value(std::uint32_t slot);
  void take_result(std::uint32_t slot, std::uint32_t worker, bool failed) noexcept;
  void cannot_be(std::uint32_t slot, SlotWord word) noexcept;
  std::string oddity(std::uint32_t slot, SlotWord word) const;
  struct LeftResult {
    struct Free {
      void operator()(std::byte* bytes) const noexcept { std::free(bytes); }
    };
    const std::byte* data = nullptr;
    std::uint64_t size = 0;
    std::uint64_t offset = kNoBlock;  // of its block in the worker's arena
    std::uint64_t ran_ticks = 0;
    bool carries = false;                  // blocks of shared memory came with it
    std::unique_ptr<std::byte, Free> own;  // where `data` is a copy
    std::exception_ptr error;              // it is not a result
  };
  bool may_lie_at(std::uint64_t offset, std::uint64_t size) const noexcept;
  LeftResult read_result(std::uint32_t slot, std::uint32_t worker, bool failed) const noexcept;
  template <class Text>
  std::exception_ptr encoding_error(Text&& text) const noexcept;
  std::exception_ptr outside_memory(std::uint32_t worker) const noexcept;
  std::exception_ptr no_memory_for(std::size_t size) const noexcept;
  void give_back(const LeftResult& left, std::uint32_t worker);
  const std::byte* keep(LeftResult& left, std::uint32_t worker) noexcept;
  bool complete_kept(StateBase& state, RawKind kind, const std::byte* data, std::size_t size,
                     Delivery delivery) noexcept;
  Delivery deliver_blocks(TaskTag tag) noexcept;
  std::vector<BlockInbox::Arrived> receive_blocks(TaskTag tag);
  bool is_here(const BlockMessage& message) const;
  void make_room_for_blocks() noexcept;
  BlockInbox::Blocks take_in_blocks() noexcept;
  void deliver_assembly(StateBase* state, Extras& extras, Delivery delivery) noexcept;
  void complete_error(StateBase* state, std::exception_ptr error) noexcept;
  std::unique_ptr<Extras> take_extras(std::uint32_t slot);
  void bury(std::vector<std::shared_ptr<SharedBlock>>& blocks) noexcept;
  void free_slot(std::uint32_t slot);
  void count_ended(Ended how);

  // core_wait.cpp
  enum class Progress { oldest, any };
  bool tell_pump(std::uint32_t slot) noexcept;
  bool waits_beside_sleepers(std::uint32_t slot, TaskTag tag) const;
  void wait_for_slot(Lock& lock, std::uint32_t slot, Deadline until);
  void wait_for_progress(Lock& lock, Progress what);
  void announce_progress();

  // core_spawn.cpp
  struct News;
  void spawn_supervisor(const SpawnedProgram& program, const WorkerSettings& settings,
                        SupervisorEnds ends);
  void await_answer(const ProcessPoolOptions& options);
  News await_run(const ProcessPoolOptions& options) const;
  News await_host(const ProcessPoolOptions& options) const;
  bool await_news(Deadline until) const;
  std::string how_supervisor_ended() const;
  void kill_supervisor() const;
  void check_functions(const ProcessPoolOptions& options) const;

  // core_pump.cpp
  void pump();
  void pump_until_end();
  void end_without_memory() noexcept;
  struct News {
    Message message;
    FileDescriptor pidfd;
  };
  std::optional<News> await_message() const;
  bool sleep_in_pump(std::int64_t timeout_ns);
  bool completions_waiting() const;
  void take_completions();
  void tell_dying(std::uint32_t worker);
  bool handle_messages();
  void handle_message(const Message& message, FileDescriptor pidfd);
  std::int64_t tidy();
  void ring_doorbell();
  void end_workers_if_done();

  // core_limits.cpp
  static constexpr std::int64_t kNoLimit = -1;
  std::int64_t enforce_timeouts();
  std::int64_t look_at_limits();
  bool kill_for(std::uint32_t slot, std::uint32_t worker, KillReason why);
  bool ask_to_kill();

  // core_audit.cpp
  static constexpr std::int64_t kAuditPeriodNs = 250'000'000;
  // Of one slot whose word says what is odd, and may be so for a moment.
  struct Doubt {
    std::uint32_t slot = 0;
    SlotWord word;
    unsigned looks = 0;
    unsigned turns = 0;  // of whoever is to write the next word
    // At the last of them: for how long they had had a processor, in nanoseconds. The worker, or
    // the supervisor and the pump.
    std::array<std::uint64_t, 2> on_cpu{};
  };
  // Tasks that waited at some look: once the hints of that time are taken, they are claimed.
  struct Waited {
    std::uint64_t position = 0;  // of the task behind the last of them
    std::uint64_t hints = 0;     // published by then
    unsigned looks = 0;          // since those are taken
  };
  // For how long a process has had a processor, in nanoseconds.
  struct Turn {
    pid_t pid = 0;
    std::uint64_t on_cpu = 0;
    unsigned times = 0;  // that it had gained one between two looks
  };
  // Tasks that nobody takes, though none runs; or workers that do not leave.
  struct Stall {
    std::uint64_t taken = 0;     // of the hints, up to here
    std::uint64_t taken_in = 0;  // of the tasks, so many
    bool leaving = false;        // there is nothing to be taken any more
    unsigned looks = 0;
    unsigned counted = 0;     // looks at which all workers could have taken one, or left
    std::vector<Turn> turns;  // of each worker, when they were woken for it
  };
  // Tasks of a worker that were taken in: what it cannot deny in what it says of itself.
  struct TakenIn {
    std::uint64_t incarnation = 0;  // the one that the supervisor told of last
    std::uint64_t tasks = 0;        // its
    std::uint64_t perhaps = 0;      // its or of the one before, or behind it
  };
  static Deadline within_audit(Deadline until);
  void audit();
  void audit_while_waiting() noexcept;
  void audit_queue();
  void audit_slot(std::uint32_t slot);
  void audit_hints();
  void audit_takers();
  std::vector<Turn> turns_of_takers() const;
  std::vector<Turn> turns_of_leavers() const;
  void accuse_who_stays(const std::vector<Turn>& turns);
  bool is_between(std::uint32_t worker) const;
  std::string impossible(std::uint32_t slot, SlotWord word) const;
  void confirm(std::size_t doubt);
  bool is_odd(std::uint32_t slot, SlotWord word) const;
  bool is_denied(std::uint32_t slot, SlotWord word) const;
  bool have_had_a_turn(Doubt& doubt);
  pid_t worker_pid(std::uint32_t worker) const;

  // core_deaths.cpp
  void handle_death(std::uint64_t number);
  void end_attempt(std::uint32_t slot, const DeathRecord& death);
  void end_chunk(std::uint32_t slot);
  void go_on(std::uint32_t slot);
  DeathFacts facts_of(const DeathRecord& record) const;
  const DeathRecord* find_death(std::uint64_t number) const;
  void take_items(Extras& extras, TaskTag tag, std::uint32_t worker,
                  std::span<const std::byte> region, std::uint32_t counted);
  void take_items_of(Extras& extras, TaskTag tag, std::uint32_t worker, std::uint64_t region,
                     std::uint32_t counted);

  // core_break.cpp
  void handle_supervisor_gone();
  void describe_break(const Message& message, WorkerDeath& death, std::string& sentence) const;
  void break_pool(const WorkerDeath& death, const std::string& sentence);
  void fail_all(const BrokenProcessPool* why);
  void tell_why_broken(std::string_view why) noexcept;
  void tell_what_broke_it(std::uint64_t number);
  void tell_ended_with_pool(std::uint32_t slot);
  void keep_committed(std::uint32_t slot, Extras& extras);
  void corrupted(std::string what) noexcept;
  void give_up(std::string why) noexcept;
  void stop_all_workers();
  std::string shared_memory_sentence() const;
  std::string given_up_sentence() const;

  // core_orphans.cpp
  void watch_by_number(std::uint32_t worker, pid_t pid) noexcept;
  static pid_t pid_of(const FileDescriptor& pidfd);
  void kill_group(std::uint32_t worker);
  void await_orphans(std::string* remain);
  void reap_unadmitted(Deadline until);
  bool worker_has_ended(std::uint32_t worker) const;

  BiasedMutex& mutex() const { return source_.mutex(); }

  // Constant after construction.
  std::string name_;
  Geometry geometry_;
  const std::size_t max_pending_;
  const OnMemoryLimit on_memory_limit_;
  MemoryBudget budget_;
  OnWorkerDeath on_worker_death_;
  std::size_t cpus_ = 1;  // that this process may use
  PreparedLimits limits_;
  const bool checksum_results_;
  const std::size_t max_tasks_per_child_;
  const bool has_initializer_;
  const bool has_finalizer_;
  std::uint32_t fork_generation_ = 0;
  ProcessSource& source_;
  std::optional<PoolSegments> segments_;
  TasksView tasks_;
  ControlView control_;
  ResultsView results_;
  FactsView facts_;
  FileDescriptor socket_;
  FileDescriptor doorbell_;
  FileDescriptor blocks_socket_;  // the client's end of the block channel
  StartMethod start_method_ = StartMethod::fork;
  ModuleTable modules_;     // that the workers have
  CodePlaces code_places_;  // where they have them
  TaskOffer offer_{name_};
  FileDescriptor supervisor_pidfd_;
  pid_t supervisor_ = 0;
  CallbackRunner& callbacks_;
  std::unique_ptr<std::thread> pump_thread_;
  std::atomic<std::uint32_t> pump_{Pump::waits};  // what it may do; a futex
  // How often workers were to be woken because a block is gone.
  std::atomic<std::uint32_t> wakes_for_blocks_wanted_{0};
  std::atomic<bool> workers_are_gone_{false};
  std::mutex finish_mutex_;
  bool finished_ = false;  // under finish_mutex_

  // Guarded by mutex().
  Life life_ = Life::open;
  SlotTable<> slots_;
  HintRing<> ring_;
  std::optional<Parking<StdPlatform>> parking_;
  Arena arguments_;
  InFlight in_flight_;
  std::uint64_t argument_uses_ = 0;
  bool tidy_due_ = false;  // the pump looks now and then whether there is something to tidy
  Backlog backlog_;
  std::uint64_t backlog_bytes_ = 0;      // of arguments in the client's own memory
  std::uint64_t backlog_cancelled_ = 0;  // nodes of it that nobody wants
  std::optional<KnownTypes> types_;
  std::optional<ReturnLedger> returns_;
  ClientTelemetry telemetry_;
  BlockInbox inbox_;
  bool making_room_ = false;                          // in it
  std::vector<std::shared_ptr<SharedBlock>> buried_;  // for the pump to let go
  std::uint64_t next_id_ = 0;
  std::uint32_t refilled_ = 0;
  std::uint32_t telling_ = 0;  // slots whose task tells the pump when it ends
  std::uint64_t unfinished_ = 0;
  std::uint32_t refill_pause_ = 0;          // submits before the next look for a free slot
  std::uint32_t waiting_ = 0;               // threads that look at slots without the lock
  std::atomic<std::uint32_t> progress_{0};  // bumped when a task ends and somebody waits here
  std::uint32_t progress_waiters_ = 0;
  bool queue_closed_ = false;
  bool pump_done_ = false;
  bool pump_patient_ = false;  // it sleeps until somebody rings
  std::int64_t audited_at_ns_ = 0;
  std::vector<Doubt> doubts_;
  Waited waited_;
  Stall stall_;
  // The pump's alone.
  bool supervisor_ended_ = false;
  bool blocks_came_ = false;
  std::uint32_t wakes_for_blocks_ = 0;  // done
  std::int64_t tidy_at_ns_ = 0;         // 0: it was not due
  std::uint64_t tidied_uses_ = 0;       // of arguments' memory, at its last look
  bool trimmed_ = false;                // since then
  std::uint64_t watched_submitted_ = 0;
  bool kill_unsent_ = false;          // the pump is to ask for it
  std::uint64_t deaths_told_ = 0;     // the number of the last one that a message told of
  TaskTag broken_by_;                 // the task whose worker's death broke the pool
  std::string corrupted_;             // what was found; "" while all is well
  std::string given_up_;              // why the workers are stopped; "" while all is well
  std::vector<std::uint32_t> timed_;  // slots with a time limit
  std::vector<FileDescriptor> worker_pidfds_;
  std::vector<pid_t> worker_groups_;  // each the pid of who leads it; 0: not known
  std::vector<std::uint64_t> completions_seen_;
  std::vector<TakenIn> taken_in_;            // of each worker
  std::optional<BrokenProcessPool> broken_;  // what submit throws
  // Made beforehand: when they are needed there is no memory to make them.
  std::optional<BrokenProcessPool> no_memory_;
  std::exception_ptr no_memory_error_;
  std::exception_ptr no_memory_for_bytes_;
};

}  // namespace muster::detail
