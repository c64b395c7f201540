// The pool's shared memory with threads for processes: several are workers, by the worker's own
// queue and loop, two submit, cancel, kill and wait, one is the pump and one the supervisor, with
// the shipped recovery. What a task reads and writes is plain memory, so that the thread sanitizer
// tells where a slot's word does not order it.
//
// A thread cannot be killed. A worker that dies leaves in the middle of its task, without a word to
// anybody; that it is dead is known by joining it.

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "lib/common/biased_mutex.hpp"
#include "lib/common/sanitizers.hpp"
#include "lib/queue/publish.hpp"
#include "lib/queue/recovery.hpp"
#include "lib/queue/worker_loop.hpp"
#include "support/watchdog.hpp"
#include "worker/worker_queue.hpp"

namespace muster::detail {
namespace {

constexpr std::uint32_t kTasks = kSanitized ? 10'000 : 200'000;
constexpr std::uint32_t kWorkers = 3;
constexpr std::uint32_t kSlots = 64;
constexpr std::uint32_t kCells = 16;  // fewer than slots: some tasks are found by sweeps
constexpr std::uint32_t kClients = 2;

enum class Kind { plain, dies_once, dies, killed, cancelled, waited_for };
enum class Ending { none, value, cancelled, killed, died };

Kind kind_of(std::uint32_t task) {
  if (task % 97 == 13) return Kind::dies_once;
  if (task % 97 == 41) return Kind::dies;
  if (task % 97 == 60) return Kind::killed;
  if (task % 7 == 3) return Kind::cancelled;
  return task % 11 == 5 ? Kind::waited_for : Kind::plain;
}

std::uint64_t value_of(std::uint32_t task) { return task * 0x9e3779b97f4a7c15 + 1; }

struct Task {
  std::atomic<unsigned> begun{0};
  std::atomic<std::uint32_t> stage{0};  // to be killed: 1 it runs, 2 its word says killing
  // Under the lock.
  unsigned allowed = 1;
  Ending ending = Ending::none;
  std::uint32_t slot = 0;
};

struct Shadow {
  std::optional<std::uint32_t> task;
  TaskTag tag;
  std::uint32_t sleepers = 0;
  bool killing = false;
};

struct Death {
  std::uint32_t worker;
  Recovery<StdPlatform>::Held held;
};

// What the kernel does for processes: a queue of news that one thread waits for.
template <class T>
class News {
 public:
  void put(T item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(item);
    changed_.notify_one();
  }
  T take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !items_.empty(); });
    const T item = items_.front();
    items_.pop_front();
    return item;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;
};

class ThreadedPool {
 public:
  ThreadedPool()
      : slots_(lines_), ring_(&ends_, cells_), parking_(sleepers_.get(), park_), tasks_(kTasks) {
    std::memset(parts_.get(), 0, kPartsSize);
    for (std::uint32_t slot = kSlots; slot-- > 0;) free_.push_back(slot);
    for (std::uint32_t w = 0; w < kWorkers; ++w) parking_.forget(w);
  }

  void run() {
    for (std::uint32_t w = 0; w < kWorkers; ++w) start_worker(w);
    std::thread pump([this] { take_news(); });
    std::thread supervisor([this] { supervise(); });
    std::vector<std::thread> clients;
    for (std::uint32_t c = 0; c < kClients; ++c) clients.emplace_back([this, c] { client(c); });
    for (std::thread& thread : clients) thread.join();
    {
      const std::lock_guard lock(mutex_);
      ring_.close();
      parking_.wake_all();
    }
    supervisor.join();
    pump.join();
  }

  void check() const {
    std::array<std::uint32_t, 5> endings{};
    for (std::uint32_t i = 0; i < kTasks; ++i) {
      const Task& task = tasks_[i];
      ++endings[static_cast<std::size_t>(task.ending)];
      const unsigned begun = task.begun.load();
      switch (kind_of(i)) {
        case Kind::plain:
        case Kind::waited_for:
          EXPECT_EQ(task.ending, Ending::value) << "task " << i;
          EXPECT_EQ(begun, 1u) << "task " << i;
          break;
        case Kind::dies_once:
          EXPECT_EQ(task.ending, Ending::value) << "task " << i;
          EXPECT_EQ(begun, 2u) << "task " << i;
          break;
        case Kind::dies:
          EXPECT_EQ(task.ending, Ending::died) << "task " << i;
          EXPECT_EQ(begun, 1u) << "task " << i;
          break;
        case Kind::killed:
          EXPECT_EQ(task.ending, Ending::killed) << "task " << i;
          EXPECT_EQ(begun, 1u) << "task " << i;
          break;
        case Kind::cancelled:
          EXPECT_EQ(begun, task.ending == Ending::cancelled ? 0u : 1u) << "task " << i;
          EXPECT_TRUE(task.ending == Ending::cancelled || task.ending == Ending::value)
              << "task " << i;
          break;
      }
    }
    EXPECT_EQ(endings[static_cast<std::size_t>(Ending::none)], 0u) << "tasks were lost";
    EXPECT_EQ(free_.size(), kSlots) << "slots were lost";
    EXPECT_EQ(wrong_values_.load(), 0u);
    EXPECT_EQ(wrong_arguments_.load(), 0u);
    // Each task that dies or is killed takes its worker with it.
    std::uint32_t fatal = 0;
    for (std::uint32_t i = 0; i < kTasks; ++i) {
      const Kind kind = kind_of(i);
      fatal += kind == Kind::dies || kind == Kind::dies_once || kind == Kind::killed ? 1 : 0;
    }
    EXPECT_EQ(deaths_seen_, fatal);
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      EXPECT_EQ(slots_.read(slot).status(), SlotStatus::free) << "slot " << slot;
    }
  }

 private:
  using Lock = std::unique_lock<BiasedMutex>;
  static constexpr std::size_t kPartsSize = Geometry::parts_at() + kSlots * sizeof(TaskPart);

  SharedQueue<StdPlatform> queue() {
    return {lines_, &ends_, cells_, sleepers_.get(), park_, reservations_};
  }
  TasksView parts() const { return {parts_.get(), {}}; }

  // ---- threads that submit, as lib/client/core_*.cpp ----

  void client(std::uint32_t index) {
    const std::uint32_t each = kTasks / kClients;
    const std::uint32_t first = index * each;
    for (std::uint32_t i = first; i < first + each; ++i) {
      submit(i);
      switch (kind_of(i)) {
        case Kind::cancelled: cancel(i); break;
        case Kind::killed: kill(i); break;
        case Kind::waited_for: wait(i); break;
        default: break;
      }
    }
    for (std::uint32_t i = first; i < first + each; ++i) wait(i);
  }

  void submit(std::uint32_t i) {
    Lock lock(mutex_);
    while (free_.empty()) {
      harvest_all();
      if (free_.empty()) wait_for_slot(lock, next_victim_++ % kSlots);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    Shadow& shadow = shadows_[slot];
    shadow.task = i;
    shadow.tag = TaskTag::first_attempt(i + 1);
    shadow.killing = false;
    tasks_[i].slot = slot;
    std::memcpy(parts().part(slot).bytes, &i, sizeof(i));
    publish_task(slots_, ring_, slot, shadow.tag, 0);
    const std::size_t in_slots = kSlots - free_.size();
    lock.unlock();
    wake_if_needed(in_slots);
  }

  void wake_if_needed(std::size_t in_slots) {
    parking_.fence_after_publish();
    if (!parking_.anyone_sleeps()) return;
    const std::size_t awake = kWorkers - parking_.sleeping();
    if (awake != 0 && in_slots <= awake) return;
    parking_.wake_one();
  }

  void wait(std::uint32_t i) {
    Lock lock(mutex_);
    while (tasks_[i].ending == Ending::none) {
      if (!harvest(tasks_[i].slot)) wait_for_slot(lock, tasks_[i].slot);
    }
  }

  // With the lock held, and held again at the end.
  void wait_for_slot(Lock& lock, std::uint32_t slot) {
    Shadow& shadow = shadows_[slot];
    if (!shadow.task) return;
    const SlotStatus status = slots_.read(slot).status();
    if (shadow.killing || status == SlotStatus::died || status == SlotStatus::killed) {
      // The pump takes it in.
      const std::uint64_t seen = news_taken_;
      news_were_taken_.wait(lock, [&] { return news_taken_ != seen; });
      return;
    }
    const TaskTag tag = shadow.tag;
    ++shadow.sleepers;
    lock.unlock();
    slots_.sleep_while_unfinished(slot, tag, Deadline::never());
    lock.lock();
    --shadow.sleepers;
  }

  bool harvest(std::uint32_t slot) {
    Shadow& shadow = shadows_[slot];
    if (!shadow.task || slots_.read(slot).status() != SlotStatus::done) return false;
    std::uint64_t value = 0;
    std::memcpy(&value, slots_.result(slot).bytes, sizeof(value));
    if (value != value_of(*shadow.task)) wrong_values_.fetch_add(1);
    complete(slot, Ending::value);
    return true;
  }

  void harvest_all() {
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) harvest(slot);
  }

  void complete(std::uint32_t slot, Ending ending) {
    Shadow& shadow = shadows_[slot];
    Task& task = tasks_[*shadow.task];
    EXPECT_EQ(task.ending, Ending::none) << "task " << *shadow.task << " ended twice";
    task.ending = ending;
    if (shadow.sleepers != 0) slots_.rouse(slot);
    slots_.release(slot);
    shadow.task.reset();
    free_.push_back(slot);
  }

  void cancel(std::uint32_t i) {
    const Lock lock(mutex_);
    const Task& task = tasks_[i];
    if (task.ending != Ending::none) return;
    if (slots_.cancel(task.slot, shadows_[task.slot].tag)) complete(task.slot, Ending::cancelled);
  }

  // Once it runs.
  void kill(std::uint32_t i) {
    Task& task = tasks_[i];
    task.stage.wait(0);
    {
      const Lock lock(mutex_);
      const SlotWord word = slots_.read(task.slot);
      EXPECT_EQ(word.status(), SlotStatus::running);
      EXPECT_TRUE(slots_.begin_kill(task.slot, shadows_[task.slot].tag, word.owner()));
      shadows_[task.slot].killing = true;
    }
    task.stage.store(2);
    task.stage.notify_all();
  }

  // ---- the pump ----

  void take_news() {
    while (true) {
      const std::optional<Death> death = deaths_.take();
      if (!death) return;
      const Lock lock(mutex_);
      harvest_all();
      ++deaths_seen_;
      end_attempt(death->held);
      ++news_taken_;
      news_were_taken_.notify_all();
    }
  }

  void end_attempt(const Recovery<StdPlatform>::Held& held) {
    ASSERT_NE(held.task, 0u) << "no worker dies but in a task";
    const Hint hint(held.task - 1);
    Shadow& shadow = shadows_[hint.slot()];
    ASSERT_TRUE(shadow.task.has_value());
    ASSERT_EQ(shadow.tag, hint.tag());
    EXPECT_EQ(held.was_killing, shadow.killing);
    if (held.was_killing) return complete(hint.slot(), Ending::killed);
    if (kind_of(*shadow.task) == Kind::dies) return complete(hint.slot(), Ending::died);
    ++tasks_[*shadow.task].allowed;
    shadow.tag = shadow.tag.next_attempt();
    if (shadow.sleepers != 0) slots_.rouse(hint.slot());
    publish_task(slots_, ring_, hint.slot(), shadow.tag, 0);
    wake_if_needed(kSlots - free_.size());
  }

  // ---- the supervisor ----

  void supervise() {
    Recovery<StdPlatform> recovery(queue());
    for (std::uint32_t left = kWorkers; left != 0;) {
      const std::uint32_t worker = ended_.take();
      threads_[worker].join();
      const auto held = recovery.end_tasks(worker);
      recovery.dismiss(worker);
      if (in_order_[worker]) {
        EXPECT_EQ(held.task, 0u);
        --left;
        continue;
      }
      recovery.rally();
      deaths_.put(Death{worker, held});
      start_worker(worker);
    }
    deaths_.put(std::nullopt);
  }

  void start_worker(std::uint32_t worker) {
    in_order_[worker] = false;
    threads_[worker] = std::thread([this, worker] { serve(worker); });
  }

  // ---- a worker, as worker/worker.cpp ----

  struct Runner {
    ThreadedPool& pool;
    WorkerQueue& queue;
    std::uint32_t worker;

    LoopStep run(Hint task) { return pool.run_task(queue.slots(), task, worker); }
    LoopStep idle() { return LoopStep::go_on; }
    static Deadline idle_until() { return Deadline::never(); }
  };

  void serve(std::uint32_t worker) {
    WorkerQueue queue(this->queue(), parts(), records_[worker], worker, 0, worker == 0);
    queue.arrive();
    Runner runner{*this, queue, worker};
    if (run_worker(queue, runner) == LoopEnd::queue_closed) {
      queue.depart();
      in_order_[worker] = true;
    }
    ended_.put(worker);
  }

  // As ProcessTaskRunner::run(); leave: the worker is dead.
  LoopStep run_task(SlotTable<StdPlatform>& slots, Hint hint, std::uint32_t worker) {
    const auto i = static_cast<std::uint32_t>(hint.tag().id() - 1);
    std::uint32_t argument = 0;
    std::memcpy(&argument, parts().part(hint.slot()).bytes, sizeof(argument));
    if (argument != i) wrong_arguments_.fetch_add(1);
    Task& task = tasks_[i];
    const unsigned before = task.begun.fetch_add(1);
    const Kind kind = kind_of(i);
    if (kind == Kind::dies || (kind == Kind::dies_once && before == 0)) return LoopStep::leave;
    if (kind == Kind::killed) {
      task.stage.store(1);
      task.stage.notify_all();
      task.stage.wait(1);
    }
    const std::uint64_t value = value_of(i);
    std::memcpy(slots.result(hint.slot()).bytes, &value, sizeof(value));
    if (!slots.finish(hint.slot(), hint.tag(), worker, false)) return LoopStep::leave;
    if (slots.attention(hint.slot()) != 0) slots.tell_sleepers(hint.slot(), hint.tag());
    return LoopStep::go_on;
  }

  struct FreeParts {
    void operator()(std::byte* parts) const {
      ::operator delete(parts, std::align_val_t(alignof(TaskPart)));
    }
  };

  // Shared memory.
  std::vector<SlotLine> lines_ = std::vector<SlotLine>(kSlots);
  RingEnds ends_{};
  std::vector<RingCell> cells_ = std::vector<RingCell>(kCells);
  std::unique_ptr<Sleepers> sleepers_ = std::make_unique<Sleepers>();
  std::vector<ParkLine> park_ = std::vector<ParkLine>(kWorkers);
  std::vector<Reservation> reservations_ = std::vector<Reservation>(kWorkers);
  std::vector<WorkerRecord> records_ = std::vector<WorkerRecord>(kWorkers);
  std::unique_ptr<std::byte, FreeParts> parts_{
      static_cast<std::byte*>(::operator new(kPartsSize, std::align_val_t(alignof(TaskPart))))};

  // The client's.
  SlotTable<StdPlatform> slots_;
  HintRing<StdPlatform> ring_;
  Parking<StdPlatform> parking_;
  BiasedMutex mutex_;
  std::vector<Task> tasks_;
  std::array<Shadow, kSlots> shadows_;
  std::vector<std::uint32_t> free_;
  std::uint32_t next_victim_ = 0;  // whom a thread waits for that needs a slot
  std::condition_variable_any news_were_taken_;
  std::uint64_t news_taken_ = 0;
  std::uint32_t deaths_seen_ = 0;
  std::atomic<unsigned> wrong_values_{0};
  std::atomic<unsigned> wrong_arguments_{0};

  // The kernel's.
  News<std::uint32_t> ended_;
  News<std::optional<Death>> deaths_;
  std::array<std::thread, kWorkers> threads_;
  std::array<bool, kWorkers> in_order_{};  // written before `ended_` tells, or with it joined
};

TEST(WorkersAsThreads, RunEachTaskOnceThroughCancelsKillsAndDeaths) {
  const auto pool = std::make_unique<ThreadedPool>();
  pool->run();
  pool->check();
}

}  // namespace
}  // namespace muster::detail
