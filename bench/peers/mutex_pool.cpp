// The pool that everybody writes: a queue, a mutex, a condition variable.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "bench/peers/future_peer.hpp"
#include "bench/peers/makers.hpp"
#include "bench/peers/packaged.hpp"

namespace bench {

namespace {

class MutexPool {
 public:
  explicit MutexPool(std::size_t workers) {
    for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
  }
  ~MutexPool() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  MutexPool(const MutexPool&) = delete;
  MutexPool& operator=(const MutexPool&) = delete;

  template <class... Arguments>
  auto submit(Arguments... arguments) {
    auto task = packaged(arguments...);
    auto future = task.get_future();
    {
      const std::scoped_lock lock(mutex_);
      queue_.emplace_back(std::move(task));
    }
    changed_.notify_one();
    return future;
  }

 private:
  void work() {
    AnyPackaged task;
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      run(task);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<AnyPackaged> queue_;  // mutex_
  bool stopping_ = false;          // mutex_
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Peer> make_mutex_pool() { return std::make_unique<SimpleFuturePeer<MutexPool>>(); }

}  // namespace bench
