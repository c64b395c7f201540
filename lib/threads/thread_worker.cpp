#include "lib/threads/thread_worker.hpp"

#include <pthread.h>
#include <unistd.h>

#include <mutex>
#include <string>

#include <muster/detail/future_access.hpp>
#include <muster/log.hpp>

#include "lib/common/exception_text.hpp"
#include "lib/common/fence.hpp"
#include "lib/common/ticks.hpp"
#include "lib/threads/thread_pool.hpp"

namespace muster::detail {
namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local const ThreadPool* pool_here = nullptr;

// In ticks: some 1 to 2 us. Tasks shorter than that are tiny.
constexpr std::uint64_t kTiny = 4000;
constexpr std::uint32_t kTinyTasksPerReading = 16;
// So many readings in a row, a thousand tasks: there is a stream of them.
constexpr std::uint32_t kReadingsOfAStream = 64;
constexpr std::uint64_t kHelpEach = 300'000;  // ticks, about 100 us

// The kernel takes 15 characters: the index stays whole, the pool's name is cut.
void name_thread(const std::string& pool, std::size_t index) {
  const std::string suffix = "_" + std::to_string(index);
  const std::size_t room = 15 - std::min<std::size_t>(suffix.size(), 15);
  ::pthread_setname_np(::pthread_self(), (pool.substr(0, room) + suffix).c_str());
}

}  // namespace

const ThreadPool* ThreadWorker::current_pool() noexcept { return pool_here; }

void ThreadPool::thread_main(WorkerSlot& slot) noexcept {
  pool_here = this;
  name_thread(name_, slot.index);
  ThreadWorker(*this, slot).live();
  slot.gone.store(true, std::memory_order_relaxed);
  pool_here = nullptr;
  thread_left();
}

void ThreadWorker::live() noexcept {
  set_current(this);
  const bool ready = initialize();
  slot_.ready.store(true, std::memory_order_relaxed);
  PoolQueue::WorkerEnd end(pool_.queue_, slot_.reserved);
  queue_ = &end;
  do {
    if (ready)
      run_worker(end, *this);
    else
      pool_.fail_queued();
  } while (!pool_.may_leave());
  locals_.destroy();
  set_current(nullptr);
}

bool ThreadWorker::initialize() noexcept {
  if (!pool_.options_.initializer) return true;
  try {
    pool_.options_.initializer();
    return true;
  } catch (...) {
    pool_.break_pool("the initializer of the thread pool " + pool_.name_ + " threw " +
                     describe_exception(std::current_exception()) +
                     "; the pool is broken and runs nothing");
    return false;
  }
}

LoopStep ThreadWorker::run(StateBase* task) {
  if (!task->try_start()) {
    pool_.forget_cancelled(*task);
    return LoopStep::go_on;
  }
  note_start(*task);
  task_ = task;
  const Phase end = task->ops().run(*task);
  task_ = nullptr;
  // All that is counted is counted before anybody can see that the task is done.
  std::atomic<std::uint64_t>& ended = end == Phase::succeeded ? slot_.finished : slot_.failed;
  ended.store(ended.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  slot_.busy.store(false, std::memory_order_relaxed);
  if (pool_.pending_.limited()) [[unlikely]]
    pool_.pending_.give();
  task->publish(end, 0);
  return LoopStep::go_on;
}

void ThreadWorker::note_start(StateBase& task) noexcept {
  if (task.task() == 0) [[likely]] {
    slot_.callable.store(task.ops().callable, std::memory_order_relaxed);
  } else {
    std::lock_guard lock(slot_.name_mutex);
    slot_.name = task.name();
    slot_.callable.store(nullptr, std::memory_order_relaxed);
  }
  ++since_clock_;
  if (until_clock_ == 0)
    read_clock();
  else
    --until_clock_;
  slot_.busy.store(true, std::memory_order_relaxed);
  if (pool_.attention(ThreadPool::kGrowing)) [[unlikely]] {
    // See ThreadPool::grow().
    full_fence();
    if (pool_.queue_.approximate_size() != 0 && !pool_.queue_.closed()) {
      std::string warning;
      {
        std::lock_guard lock(pool_.mutex_);
        if (!pool_.attention(ThreadPool::kClosed)) warning = pool_.grow();
      }
      if (!warning.empty()) log(LogLevel::warning, warning);
    }
  }
}

void ThreadWorker::read_clock() noexcept {
  const std::uint64_t now = ticks_now();
  const bool tiny = (now - clock_) / since_clock_ < kTiny;
  until_clock_ = tiny ? kTinyTasksPerReading - 1 : 0;
  tiny_readings_ = tiny ? tiny_readings_ + 1 : 0;
  if (tiny_readings_ == kReadingsOfAStream) pool_.queue_.prefer_light_fences();
  // While there are to be more threads, what waits is counted in the queue.
  queue_->take_several(tiny && !pool_.attention(ThreadPool::kGrowing));
  if (now - helped_ > kHelpEach) {
    helped_ = now;
    queue_->help_others();
  }
  since_clock_ = 0;
  clock_ = now;
  slot_.began.store(now, std::memory_order_relaxed);
}

bool ThreadWorker::stop_requested() const noexcept {
  return task_ != nullptr && task_->stop_requested();
}

void ThreadWorker::set_progress(std::uint64_t done, std::uint64_t total) noexcept {
  slot_.progress_done.store(done, std::memory_order_relaxed);
  slot_.progress_total.store(total, std::memory_order_relaxed);
  slot_.progress_task.store(slot_.tasks_done() + 1, std::memory_order_relaxed);
}

pid_t ThreadWorker::worker_pid() const noexcept { return ::getpid(); }

const ChunkProgress* ThreadWorker::chunk() noexcept {
  if (task_ == nullptr) return nullptr;
  progress_.stop = task_->stop_word();
  progress_.stop_mask = StateBase::kStop;
  return &progress_;
}

}  // namespace muster::detail
