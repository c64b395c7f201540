// Threads that take packaged_tasks from moodycamel's queues, with the tokens that its README calls
// faster than going without. Tasks are dequeued one by one: in bulk is faster for empty ones, but
// leaves short tasks waiting behind a long one while other threads have nothing to do.
#include <atomic>
#include <thread>

#include <concurrentqueue/blockingconcurrentqueue.h>
#include <concurrentqueue/concurrentqueue.h>

#include "bench/peers/future_peer.hpp"
#include "bench/peers/makers.hpp"
#include "bench/peers/packaged.hpp"

namespace bench {

namespace {

// Its threads sleep when there is nothing to do.
class BlockingTasks {
 public:
  using Queue = moodycamel::BlockingConcurrentQueue<AnyPackaged>;
  static bool dequeue(Queue& queue, moodycamel::ConsumerToken& token, AnyPackaged& task) {
    constexpr auto kLookUp = std::chrono::milliseconds(100);  // whether the pool ends
    return queue.wait_dequeue_timed(token, task, kLookUp);
  }
};

// Its threads give way and look again, and so use the processor all the time.
class YieldingTasks {
 public:
  using Queue = moodycamel::ConcurrentQueue<AnyPackaged>;
  static bool dequeue(Queue& queue, moodycamel::ConsumerToken& token, AnyPackaged& task) {
    if (queue.try_dequeue(token, task)) return true;
    std::this_thread::yield();
    return false;
  }
};

template <class Tasks>
class MoodycamelPool {
 public:
  // A thread that submits.
  class Client {
   public:
    explicit Client(typename Tasks::Queue& queue) : queue_(queue), token_(queue) {}

    template <class... Arguments>
    auto submit(Arguments... arguments) {
      auto task = packaged(arguments...);
      auto future = task.get_future();
      queue_.enqueue(token_, AnyPackaged(std::move(task)));
      return future;
    }

   private:
    typename Tasks::Queue& queue_;
    moodycamel::ProducerToken token_;
  };

  explicit MoodycamelPool(std::size_t workers) {
    for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
  }
  ~MoodycamelPool() {
    stopping_.store(true);
    Client last(queue_);
    for (std::size_t i = 0; i < threads_.size(); ++i) last.submit(kPlusOne, 0);  // a wake-up each
    for (std::thread& thread : threads_) thread.join();
  }
  MoodycamelPool(const MoodycamelPool&) = delete;
  MoodycamelPool& operator=(const MoodycamelPool&) = delete;

  Client client() { return Client(queue_); }

 private:
  void work() {
    moodycamel::ConsumerToken token(queue_);
    AnyPackaged task;
    while (!stopping_.load(std::memory_order_relaxed)) {
      if (Tasks::dequeue(queue_, token, task)) run(task);
    }
  }

  typename Tasks::Queue queue_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Peer> make_moodycamel() {
  return std::make_unique<SimpleFuturePeer<MoodycamelPool<BlockingTasks>>>();
}

std::unique_ptr<Peer> make_moodycamel_yield() {
  return std::make_unique<SimpleFuturePeer<MoodycamelPool<YieldingTasks>>>();
}

}  // namespace bench
