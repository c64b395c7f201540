#include "tests/model/model_pool.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "lib/queue/publish.hpp"
#include "lib/queue/recovery.hpp"
#include "lib/queue/worker_loop.hpp"
#include "tests/model/model_platform.hpp"
#include "tests/model/recorder.hpp"
#include "worker/worker_queue.hpp"
#include "worker/worker_queue_steps.hpp"

namespace muster::model {

namespace {

using detail::Hint;
using detail::LoopStep;
using detail::SlotStatus;
using detail::SlotWord;
using detail::TaskTag;

// The pace without a clock: tasks are always tiny, or never. From the first one on: a limit that is
// above whatever is measured.
template <bool kMany>
struct TinyTicks {
  constexpr operator std::uint64_t() const { return 0; }
  friend constexpr bool operator>=(std::uint64_t, TinyTicks) { return !kMany; }
};

template <bool kMany>
struct ModelPace {
  static constexpr TinyTicks<kMany> kTinyTicks{};
  static std::uint64_t ticks() { return 0; }
  static std::size_t fair_share(std::size_t queued, std::size_t) { return queued; }
};

// The client's. To the thread that takes it most, unlocking is a plain store (biased_mutex.hpp), so
// what it published under the lock may be on its way still when it looks for sleepers after it.
// Whoever takes the lock next sees it all, by its heavy fence. That the shipped one does as much is
// explored by itself (lock_model.hpp).
class ModelMutex {
 public:
  // The first so many actors take it.
  explicit ModelMutex(std::size_t sharers) : sharers_(sharers) {}
  void lock() {
    Scheduler& s = Scheduler::instance();
    s.point();
    while (held_) s.block(this);
    for (std::size_t i = 0; i < sharers_; ++i) s.flush_of(i);
    held_ = true;
  }
  void unlock() {
    held_ = false;
    Scheduler::instance().rouse(this, false);
  }
  bool held() const { return held_; }

 private:
  const std::size_t sharers_;
  bool held_ = false;
};

enum class Ending { none, value, cancelled, died, killed, broken };

struct Task {
  unsigned begun = 0;
  unsigned allowed = 1;  // how often it may be begun
  Ending ending = Ending::none;
  std::optional<std::uint32_t> slot;
};

struct Shadow {
  std::uint32_t sleepers = 0;
  std::optional<std::uint32_t> task;
  TaskTag tag;
  unsigned retries_left = 0;
  bool killed_by_client = false;
};

struct Death {
  bool broken = false;
  std::uint32_t worker = 0;
  detail::Recovery<ModelPlatform>::Held held;
};

class PoolModel final : public Program {
 public:
  explicit PoolModel(const PoolShape& shape)
      : shape_(shape),
        lines_(shape.slots),
        cells_(shape.cells),
        park_(shape.workers),
        reservations_(shape.workers),
        records_(shape.workers),
        parts_(detail::Geometry::parts_at() + shape.slots * sizeof(detail::TaskPart)),
        slots_(lines_),
        ring_(&ends_, cells_),
        parking_(&sleepers_, park_),
        mutex_(shape.clients + 1),
        tasks_(shape.tasks),
        shadows_(shape.slots),
        values_(shape.slots),
        worker_actor_(shape.workers, SIZE_MAX),
        retired_(shape.workers),
        left_in_order_(shape.workers),
        ran_(shape.workers) {
    ModelPlatform::world = {.refuses_heavy_fences = shape.refuses_heavy_fences,
                            .may_refuse_heavy_fences = shape.may_refuse_heavy_fences,
                            .time_passes = shape.time_passes};
    // As ProcessCore::fork_supervisor() does.
    if (shape.refuses_heavy_fences) sleepers_.full_fences.poke(detail::kUsed);
    for (std::uint32_t i = shape.slots; i-- > 0;) free_.push_back(i);
    clients_left_ = shape.clients;
    // As Parking::forget() does before there are workers, without steps.
    for (std::uint32_t w = 0; w < shape.workers; ++w) {
      sleepers_.words[w / 64].poke(sleepers_.words[w / 64].peek() | std::uint64_t{1} << (w % 64));
    }
  }

  void start(Scheduler& s) override {
    scheduler_ = &s;
    name_memory();
    if (s.recording()) record_memory();
    for (std::uint32_t c = 0; c < shape_.clients; ++c) {
      add_actor(
          "client " + std::to_string(c), [this, c] { client(c); }, false);
    }
    pump_actor_ = add_actor(
        "pump", [this] { pump(); }, false);
    supervisor_actor_ = add_actor(
        "supervisor", [this] { supervise(); }, shape_.supervisor_crashes);
    for (std::uint32_t w = 0; w < shape_.workers; ++w) start_worker(w);
  }

  void crashed(Scheduler& s, std::size_t actor) override {
    record(actor, shot_ ? "dies of a signal" : "dies");
    if (actor == given_up_) return;  // to all others it is dead already
    if (actor == supervisor_actor_) {
      supervisor_dead_ = true;
      // PR_SET_PDEATHSIG: one after the other, some time later.
      add_actor(
          "kernel", [this] { end_orphans(); }, false);
      return;
    }
    for (std::uint32_t w = 0; w < shape_.workers; ++w) {
      if (worker_actor_[w] == actor) dead_.push_back(w);
    }
    if (!supervisor_dead_) s.wake(&dead_, true);
  }

  void wrote(Scheduler&, std::size_t actor, const void* word, std::uint64_t value) override {
    recorder_->wrote(actor, word, value);
  }

  void slept(Scheduler&, std::size_t actor, const void* on) override {
    if (const auto w = worker_that_parks_on(on)) record(actor, "sleeps " + std::to_string(*w));
  }

  void woke(Scheduler&, std::size_t actor, const void* on) override {
    if (const auto w = worker_that_parks_on(on)) record(actor, "wakes " + std::to_string(*w));
  }

  void delayed(Scheduler& s, std::size_t actor) override {
    // spin/README.md says why this is of no consequence; the model has no buffer for it.
    if (actor > supervisor_actor_) s.record("worker delays what it has reserved");
  }

  std::uint64_t state() const override {
    Hash hash;
    hash.add(client_state()).add(news()).add(processes()).add(mutex_.held());
    hash.add(parking_.last_woken()).add(clients_left_).add(given_up_).add(is_written_off_);
    for (const Task& task : tasks_) hash.add(task.begun).add(task.allowed);
    for (const std::uint32_t value : values_) hash.add(value);
    for (const TaskTag tag : running_) hash.add(tag.bits());
    for (const bool began : began_) hash.add(began);
    for (const std::size_t ran : ran_) hash.add(ran);
    return hash.value();
  }

  void check() override {
    for (std::uint32_t i = 0; i < tasks_.size(); ++i) {
      const Task& task = tasks_[i];
      if (task.ending == Ending::none) fail(i, "was lost");
      if (task.begun > task.allowed) fail(i, "was begun more often than it may");
      if (task.ending == Ending::value && task.begun == 0) fail(i, "has a value from nowhere");
      if (task.ending == Ending::cancelled && task.begun != 0 && !shape_.kills) {
        fail(i, "was cancelled and begun");
      }
    }
    if (free_.size() != shape_.slots) throw ModelFailure("a slot was not given back");
    if (broken_) return;
    for (std::uint32_t slot = 0; slot < shape_.slots; ++slot) {
      if (SlotWord(lines_[slot].word.peek()).status() != SlotStatus::free) {
        throw ModelFailure("a free slot's word says that it is not");
      }
    }
  }

 private:
  template <bool kMany>
  using Queue = detail::BasicWorkerQueue<ModelPlatform, ModelPace<kMany>>;

  detail::SharedQueue<ModelPlatform> queue() {
    return {lines_, &ends_, cells_, &sleepers_, park_, reservations_};
  }

  [[noreturn]] static void fail(std::uint32_t task, const char* what) {
    throw ModelFailure("task " + std::to_string(task) + " " + what);
  }

  void name_memory() {
    Scheduler& s = *scheduler_;
    if (!s.tracing()) return;
    for (std::uint32_t i = 0; i < shape_.slots; ++i) {
      s.name(&lines_[i].word, "word " + std::to_string(i));
      s.name(&lines_[i].attention, "attention " + std::to_string(i));
    }
    for (std::uint32_t i = 0; i < shape_.cells; ++i)
      s.name(&cells_[i], "cell " + std::to_string(i));
    s.name(&ends_.head, "head");
    s.name(&ends_.tail, "tail");
    s.name(&ends_.sweep_epoch, "epoch");
    s.name(&ends_.closed, "closed");
    s.name(&sleepers_.words[0], "sleepers");
    for (std::uint32_t w = 0; w < shape_.workers; ++w) {
      s.name(&park_[w].state, "park word " + std::to_string(w));
      s.name(&reservations_[w].count, "reserved count " + std::to_string(w));
      s.name(&reservations_[w].begun, "reserved begun " + std::to_string(w));
    }
    s.name(&dead_, "a death");
    s.name(&deaths_, "news");
    s.name(&mutex_, "the pool's lock");
  }

  // ---- what is written down of a run ----

  std::size_t add_actor(const std::string& name, std::function<void()> body, bool may_crash) {
    const std::size_t actor = scheduler_->add_actor(name, std::move(body), may_crash);
    if (recorder_) recorder_->name_actor(actor, name);
    return actor;
  }

  void record(std::size_t actor, const std::string& what) {
    if (recorder_) recorder_->event(actor, what);
  }

  std::optional<std::uint32_t> worker_that_parks_on(const void* address) const {
    for (std::uint32_t w = 0; w < shape_.workers; ++w) {
      if (&park_[w].state == address) return w;
    }
    return std::nullopt;
  }

  void record_memory() {
    recorder_.emplace(*scheduler_);
    Recorder& r = *recorder_;
    using Place = Recorder::Place;
    const auto add = [&](const auto& atomic, Place what, std::uint32_t index = 0,
                         std::uint32_t nth = 0) {
      r.place(&atomic, what, atomic.peek(), index, nth);
    };
    for (std::uint32_t i = 0; i < shape_.slots; ++i) add(lines_[i].word, Place::word, i);
    for (std::uint32_t i = 0; i < shape_.cells; ++i) add(cells_[i], Place::cell, i);
    add(ends_.head, Place::head);
    add(ends_.tail, Place::tail);
    add(ends_.sweep_epoch, Place::epoch);
    add(ends_.closed, Place::closed);
    add(sleepers_.words[0], Place::sleepers);
    for (std::uint32_t w = 0; w < shape_.workers; ++w) {
      add(park_[w].state, Place::park, w);
      add(reservations_[w].count, Place::reserved_count, w);
      add(reservations_[w].begun, Place::reserved_begun, w);
      for (std::uint32_t i = 0; i < std::size(reservations_[w].hints); ++i) {
        add(reservations_[w].hints[i], Place::reserved_hint, w, i);
      }
    }
  }

  // ---- what decides what an actor does ----

  bool seen(bool value) {
    scheduler_->observe(value ? 1 : 0);
    return value;
  }

  void lock() {
    mutex_.lock();
    scheduler_->observe(client_state());
  }

  // What the client's lock guards.
  std::uint64_t client_state() const {
    Hash hash;
    for (const Task& task : tasks_) {
      hash.add(static_cast<std::uint64_t>(task.ending)).add(task.slot ? *task.slot + 1 : 0);
    }
    for (const Shadow& shadow : shadows_) {
      hash.add(shadow.sleepers).add(shadow.task ? *shadow.task + 1 : 0).add(shadow.tag.bits());
      hash.add(shadow.retries_left).add(shadow.killed_by_client ? 1 : 0);
    }
    for (const std::uint32_t slot : free_) hash.add(slot);
    const auto producer = ring_.producer();
    return hash.add(free_.size()).add(broken_).add(producer.next).add(producer.known_head).value();
  }

  std::uint64_t news() const {
    Hash hash;
    for (const Death& death : deaths_) {
      hash.add(death.broken).add(death.worker).add(death.held.task).add(death.held.was_killing);
    }
    return hash.add(deaths_.size()).add(supervisor_left_).add(orphans_gone_).value();
  }

  // What the supervisor knows.
  std::uint64_t processes() const {
    Hash hash;
    for (const std::uint32_t worker : dead_) hash.add(worker + 1);
    hash.add(dead_.size()).add(kill_requested_).add(supervisor_dead_);
    for (const std::size_t actor : worker_actor_) hash.add(actor);
    for (const bool retired : retired_) hash.add(retired);
    for (const bool in_order : left_in_order_) hash.add(in_order);
    return hash.value();
  }

  // ---- client ----

  void client(std::uint32_t index) {
    const std::uint32_t each = shape_.tasks / shape_.clients;
    const std::uint32_t first = index * each;
    const std::uint32_t end = index + 1 == shape_.clients ? shape_.tasks : first + each;
    for (std::uint32_t i = first; i < end; ++i) submit(i);
    if (shape_.kills && index == 0) kill(0);
    if (shape_.cancels && index + 1 == shape_.clients) cancel(shape_.tasks - 1);
    for (std::uint32_t i = first; i < end; ++i) wait(i);
    if (seen(--clients_left_ != 0)) return;
    // Shutdown: ProcessCore::close_queue().
    lock();
    ring_.close();
    parking_.wake_all();
    mutex_.unlock();
  }

  void submit(std::uint32_t i) {
    lock();
    while (free_.empty() && !broken_) {
      if (harvest_all()) continue;
      const auto oldest =
          static_cast<std::uint32_t>(std::find_if(shadows_.begin(), shadows_.end(),
                                                  [](auto& s) { return s.task.has_value(); }) -
                                     shadows_.begin());
      wait_for_slot(oldest);
    }
    if (broken_) {
      complete(i, Ending::broken);
      return mutex_.unlock();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    Shadow& shadow = shadows_[slot];
    shadow = {shadow.sleepers, i, TaskTag::first_attempt(i + 1), shape_.retries, false};
    tasks_[i].slot = slot;
    publish(slot);
    const auto in_slots = shape_.slots - static_cast<std::uint32_t>(free_.size());
    mutex_.unlock();
    wake_if_needed(in_slots);
  }

  void publish(std::uint32_t slot) {
    const TaskTag tag = shadows_[slot].tag;
    detail::publish_task(slots_, ring_, slot, tag, 0);
  }

  void wake_if_needed(std::uint32_t in_slots) {
    parking_.fence_after_publish();
    if (!parking_.anyone_sleeps()) return;
    const std::size_t awake = shape_.workers - parking_.sleeping();
    if (awake != 0 && in_slots <= awake) return;
    scheduler_->observe(parking_.last_woken());
    parking_.wake_one();
  }

  void wait(std::uint32_t i) {
    while (!ended(i)) {
      lock();
      if (tasks_[i].ending == Ending::none && !harvest(*tasks_[i].slot)) {
        wait_for_slot(*tasks_[i].slot);
      }
      mutex_.unlock();
    }
  }

  // Without the lock, as one asks a state.
  bool ended(std::uint32_t i) { return seen(tasks_[i].ending != Ending::none); }

  // With the lock held, and held again at the end.
  void wait_for_slot(std::uint32_t slot) {
    const std::uint32_t task = *shadows_[slot].task;
    const TaskTag tag = shadows_[slot].tag;
    const SlotStatus status = slots_.read(slot).status();
    ++shadows_[slot].sleepers;
    mutex_.unlock();
    if (status == SlotStatus::died || status == SlotStatus::killed ||
        status == SlotStatus::killing) {
      // The pump takes it in, and completes the state.
      if (!ended(task) && seen(shadows_[slot].tag == tag)) scheduler_->block(&shadows_[slot]);
    } else {
      slots_.sleep_while_unfinished(slot, tag, detail::Deadline::never());
    }
    lock();
    --shadows_[slot].sleepers;
  }

  bool harvest(std::uint32_t slot) {
    Shadow& shadow = shadows_[slot];
    const SlotWord word = slots_.read(slot);
    if (word.tag() != shadow.tag) throw ModelFailure("a slot's word names another task");
    if (word.status() != SlotStatus::done && word.status() != SlotStatus::failed) return false;
    const std::uint32_t task = *shadow.task;
    if (values_[slot] != task + 1) fail(task, "has another's value");
    const bool wanted = !shadow.killed_by_client;
    free_slot(slot);
    if (wanted) complete(task, Ending::value);
    return true;
  }

  bool harvest_all() {
    bool any = false;
    for (std::uint32_t slot = 0; slot < shape_.slots; ++slot) {
      if (shadows_[slot].task.has_value()) any = harvest(slot) || any;
    }
    return any;
  }

  void free_slot(std::uint32_t slot) {
    slots_.release(slot);
    if (shadows_[slot].sleepers != 0) slots_.rouse(slot);
    shadows_[slot].task.reset();
    free_.push_back(slot);
    scheduler_->wake(&shadows_[slot], true);
  }

  void complete(std::uint32_t i, Ending ending) {
    if (tasks_[i].ending != Ending::none) fail(i, "ended twice");
    tasks_[i].ending = ending;
    if (scheduler_->tracing()) scheduler_->note("ends task " + std::to_string(i));
    if (recorder_) recorder_->ended(i + 1);
    began(i);
  }

  void cancel(std::uint32_t i) {
    lock();
    if (tasks_[i].ending == Ending::none) {
      const std::uint32_t slot = *tasks_[i].slot;
      if (slots_.cancel(slot, shadows_[slot].tag)) {
        free_slot(slot);
        complete(i, Ending::cancelled);
      }
    }
    mutex_.unlock();
  }

  void kill(std::uint32_t i) {
    lock();
    if (tasks_[i].ending == Ending::none) {
      const std::uint32_t slot = *tasks_[i].slot;
      Shadow& shadow = shadows_[slot];
      const SlotWord word = slots_.read(slot);
      if (word.status() == SlotStatus::running &&
          slots_.begin_kill(slot, shadow.tag, word.owner())) {
        shadow.killed_by_client = true;
        complete(i, Ending::cancelled);
        if (shadow.sleepers != 0) slots_.rouse(slot);
        kill_requested_ = true;
        record(scheduler_->current(), "asks for a kill");
        scheduler_->wake(&dead_, true);
      }
    }
    mutex_.unlock();
  }

  // ---- the pump ----

  void pump() {
    for (;;) {
      while (!has_news()) scheduler_->block(&deaths_);
      scheduler_->point();
      scheduler_->observe(news());
      if (!deaths_.empty()) {
        const Death death = deaths_.front();
        deaths_.erase(deaths_.begin());
        lock();
        if (death.broken) {
          break_pool();
        } else {
          handle_death(death);
        }
        mutex_.unlock();
        continue;
      }
      if (orphans_gone_) {
        lock();
        break_pool();
        mutex_.unlock();
      }
      return;
    }
  }

  bool has_news() { return seen(!deaths_.empty() || supervisor_left_ || orphans_gone_); }

  void handle_death(const Death& death) {
    harvest_all();
    if (death.held.task == 0 || broken_) return;
    const Hint hint(death.held.task - 1);
    Shadow& shadow = shadows_[hint.slot()];
    if (!shadow.task.has_value() || !(shadow.tag == hint.tag())) {
      throw ModelFailure("a worker died in a task that is not there");
    }
    const std::uint32_t task = *shadow.task;
    if (death.held.was_killing != shadow.killed_by_client) {
      fail(task, "was killed, and nobody had asked for it");
    }
    if (shadow.killed_by_client) return free_slot(hint.slot());
    if (shadow.retries_left != 0) {
      --shadow.retries_left;
      ++tasks_[task].allowed;
      shadow.tag = shadow.tag.next_attempt();
      if (shadow.sleepers != 0) slots_.rouse(hint.slot());
      scheduler_->wake(&shadow, true);
      publish(hint.slot());
      wake_if_needed(shape_.slots - static_cast<std::uint32_t>(free_.size()));
      return;
    }
    free_slot(hint.slot());
    complete(task, Ending::died);
  }

  // All workers are dead.
  void break_pool() {
    if (broken_) return;
    harvest_all();
    broken_ = true;
    for (std::uint32_t slot = 0; slot < shape_.slots; ++slot) {
      if (!shadows_[slot].task.has_value()) continue;
      const std::uint32_t task = *shadows_[slot].task;
      free_slot(slot);
      if (tasks_[task].ending == Ending::none) complete(task, Ending::broken);
    }
    for (Shadow& shadow : shadows_) scheduler_->wake(&shadow, true);
  }

  // ---- the supervisor ----

  void supervise() {
    detail::Recovery<ModelPlatform> recovery(queue());
    while (workers_left() != 0) {
      while (seen(dead_.empty() && !kill_requested_) && workers_left() != 0) {
        scheduler_->block(&dead_);
      }
      scheduler_->point();
      scheduler_->observe(processes());
      if (kill_requested_) {
        kill_requested_ = false;
        kill_for_tasks(recovery);
      }
      if (dead_.empty()) continue;
      const std::uint32_t worker = dead_.front();
      dead_.erase(dead_.begin());
      Death death{false, worker, recovery.end_tasks(worker)};
      check_ended(worker);
      if (worker_actor_[worker] == given_up_) is_written_off_ = true;
      worker_actor_[worker] = SIZE_MAX;
      running_[worker] = {};
      recovery.dismiss(worker);
      if (left_in_order_[worker] && death.held.task == 0) {
        left_in_order_[worker] = false;
        replace(worker, recovery);
        continue;
      }
      recovery.rally();
      if (shape_.breaks && !death.held.was_killing) {
        end_all(recovery);
        break;
      }
      if (recorder_) tell_recorder(death.held);
      deaths_.push_back(death);
      scheduler_->wake(&deaths_, true);
      replace(worker, recovery);
    }
    supervisor_left_ = true;
    scheduler_->wake(&deaths_, true);
  }

  // Its successor, which has its number, would be killed for what the dead one ran.
  void check_ended(std::uint32_t worker) const {
    for (std::uint32_t slot = 0; slot < shape_.slots; ++slot) {
      const SlotWord word(lines_[slot].word.peek());
      const bool held =
          word.status() == SlotStatus::running || word.status() == SlotStatus::killing;
      if (held && word.owner() == worker) {
        throw ModelFailure("slot " + std::to_string(slot) + " says that worker " +
                           std::to_string(worker) + " runs its task, which is dead and recovered");
      }
    }
  }

  void replace(std::uint32_t worker, const detail::Recovery<ModelPlatform>& recovery) {
    if (recovery.closed()) {
      retired_[worker] = true;
    } else {
      start_worker(worker);
    }
  }

  std::size_t workers_left() {
    scheduler_->observe(processes());
    return static_cast<std::size_t>(std::count(retired_.begin(), retired_.end(), false));
  }

  void kill_for_tasks(detail::Recovery<ModelPlatform>& recovery) {
    for (std::uint32_t slot = 0; slot < shape_.slots; ++slot) {
      const SlotWord word = recovery.slots().read(slot);
      if (word.status() != SlotStatus::killing) continue;
      const std::uint32_t worker = word.owner();
      scheduler_->observe(processes());
      if (worker_actor_[worker] == SIZE_MAX || !scheduler_->alive(worker_actor_[worker])) continue;
      const TaskTag runs = running_[worker];
      if (runs.bits() != 0 && !(runs == word.tag())) {
        throw ModelFailure("worker " + std::to_string(worker) +
                           " was to be killed for a task that it does not run");
      }
      shoot(worker_actor_[worker]);
    }
  }

  void shoot(std::size_t actor) {
    shot_ = true;
    scheduler_->kill(actor);
    shot_ = false;
  }

  void tell_recorder(const detail::Recovery<ModelPlatform>::Held& held) {
    if (held.task == 0) return record(supervisor_actor_, "tells of a death in no task");
    record(supervisor_actor_, "tells of a death in " + std::to_string(Hint(held.task - 1).slot()) +
                                  (held.was_killing ? " killed" : " died"));
  }

  void end_all(detail::Recovery<ModelPlatform>& recovery) {
    for (std::uint32_t w = 0; w < shape_.workers; ++w) {
      scheduler_->observe(processes());
      if (worker_actor_[w] == SIZE_MAX) continue;
      if (scheduler_->alive(worker_actor_[w])) shoot(worker_actor_[w]);
      recovery.end_tasks(w);
    }
    record(supervisor_actor_, "tells that the pool is broken");
    deaths_.push_back({true, 0, {}});
    scheduler_->wake(&deaths_, true);
  }

  void end_orphans() {
    for (std::uint32_t w = 0; w < shape_.workers; ++w) {
      scheduler_->point();
      scheduler_->observe(processes());
      if (worker_actor_[w] != SIZE_MAX && scheduler_->alive(worker_actor_[w])) {
        scheduler_->kill(worker_actor_[w]);
      }
    }
    orphans_gone_ = true;
    scheduler_->wake(&deaths_, true);
  }

  // ---- a worker ----

  void start_worker(std::uint32_t w) {
    if (started_++ >= shape_.workers) {
      record(supervisor_actor_, "starts " + std::to_string(w));
    }
    worker_actor_[w] = add_actor(
        "worker " + std::to_string(w),
        [this, w] {
          if (shape_.takes_many) {
            serve<true>(w);
          } else {
            serve<false>(w);
          }
        },
        true);
  }

  template <bool kMany>
  struct Runner {
    PoolModel& pool;
    Queue<kMany>& queue;
    std::uint32_t worker;

    LoopStep run(Hint task) { return pool.run(queue.slots(), task, worker); }
    LoopStep idle() { return LoopStep::go_on; }
    static detail::Deadline idle_until() { return detail::Deadline::never(); }
  };

  template <bool kMany>
  void serve(std::uint32_t w) {
    const detail::TasksView tasks{parts_.data(), {}};
    Queue<kMany> queue(this->queue(), tasks, records_[w], w, shape_.limit, false);
    queue.arrive();
    ran_[w] = 0;
    Runner<kMany> runner{*this, queue, w};
    detail::run_worker(queue, runner);
    if (scheduler_->current() == given_up_) return;
    queue.depart();
    record(scheduler_->current(), "leaves");
    worker_actor_[w] = SIZE_MAX;
    if (shape_.limit != 0) {
      left_in_order_[w] = true;
      dead_.push_back(w);
    } else {
      retired_[w] = true;
    }
    scheduler_->wake(&dead_, true);
  }

  // As ProcessTaskRunner::run().
  LoopStep run(detail::SlotTable<ModelPlatform>& slots, Hint hint, std::uint32_t worker) {
    const auto i = static_cast<std::uint32_t>(hint.tag().id() - 1);
    running_[worker] = hint.tag();
    Task& task = tasks_[i];
    if (++ran_[worker] > shape_.limit && shape_.limit != 0) fail(i, "is beyond its worker's limit");
    if (++task.begun > task.allowed) fail(i, "was begun more often than it may");
    if (task.ending == Ending::cancelled && !shape_.kills) fail(i, "is begun after its end");
    if (scheduler_->tracing()) scheduler_->note("runs task " + std::to_string(i));
    began(i);
    while (shape_.meet && !all_began()) scheduler_->block(&began_);
    const bool comes_late = shape_.writes_off && seen(given_up_ == kNobody);
    if (comes_late) give_up(worker);
    scheduler_->point();
    values_[hint.slot()] = i + 1;
    const bool ended = slots.finish(hint.slot(), hint.tag(), worker, false);
    if (comes_late) {
      if (ended && is_written_off_)
        fail(i, "was ended by a worker that was given up in its first run");
      return LoopStep::leave;
    }
    if (!ended) scheduler_->block(&values_);
    running_[worker] = {};
    if (slots.attention(hint.slot()) != 0) slots.tell_sleepers(hint.slot(), hint.tag());
    return LoopStep::go_on;
  }

  // It does not end of SIGKILL, as in a system call that does not let go of it: to the supervisor
  // it is dead. The kernel lets it change nothing after that. Here it does go on, at any time
  // later, and must hit nothing all the same.
  void give_up(std::uint32_t worker) {
    given_up_ = scheduler_->current();
    dead_.push_back(worker);
    if (!supervisor_dead_) scheduler_->wake(&dead_, true);
  }

  bool all_began() {
    return seen(std::count(began_.begin(), began_.end(), true) ==
                static_cast<std::ptrdiff_t>(tasks_.size()));
  }

  void began(std::uint32_t i) {
    if (!shape_.meet) return;
    began_.resize(tasks_.size());
    began_[i] = true;
    scheduler_->wake(&began_, true);
  }

  const PoolShape shape_;
  Scheduler* scheduler_ = nullptr;

  // Shared memory.
  std::vector<detail::BasicSlotLine<ModelPlatform>> lines_;
  detail::BasicRingEnds<ModelPlatform> ends_;
  std::vector<detail::HintRing<ModelPlatform>::Cell> cells_;
  detail::BasicSleepers<ModelPlatform> sleepers_;
  std::vector<detail::BasicParkLine<ModelPlatform>> park_;
  std::vector<detail::BasicReservation<ModelPlatform>> reservations_;
  std::vector<detail::WorkerRecord> records_;
  std::vector<std::byte> parts_;

  // The client's handles and private state.
  detail::SlotTable<ModelPlatform> slots_;
  detail::HintRing<ModelPlatform> ring_;
  detail::Parking<ModelPlatform> parking_;
  ModelMutex mutex_;
  std::vector<Task> tasks_;
  std::vector<Shadow> shadows_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> values_;  // the result parts
  bool broken_ = false;
  std::uint32_t clients_left_ = 0;

  // Between the processes: sockets and what the kernel knows.
  std::vector<Death> deaths_;
  std::vector<std::uint32_t> dead_;
  bool kill_requested_ = false;
  bool supervisor_left_ = false;
  bool supervisor_dead_ = false;
  bool orphans_gone_ = false;
  static constexpr std::size_t kNobody = SIZE_MAX - 1;
  std::size_t given_up_ = kNobody;  // the actor that was a worker
  bool is_written_off_ = false;     // its task is another's to run
  std::size_t pump_actor_ = 0;
  std::size_t supervisor_actor_ = 0;
  std::vector<std::size_t> worker_actor_;  // SIZE_MAX: none at the moment
  std::vector<bool> retired_;
  std::vector<bool> left_in_order_;   // it had run as many tasks as it may
  std::vector<std::size_t> ran_;      // by the present worker, tasks
  std::array<TaskTag, 8> running_{};  // by worker, what it has begun and not ended
  std::vector<bool> began_;           // where tasks meet

  // For a run that is recorded.
  std::optional<Recorder> recorder_;
  std::uint32_t started_ = 0;  // workers
  bool shot_ = false;          // whoever dies now does so of the supervisor's signal
};

}  // namespace

std::unique_ptr<Program> make_pool(const PoolShape& shape) {
  return std::make_unique<PoolModel>(shape);
}

}  // namespace muster::model
