#pragma once

#include <cstddef>
#include <span>

#include <concurrentqueue/concurrentqueue.h>

namespace muster::detail {

class StateBase;

// The tasks of a thread pool that no thread has begun: moodycamel's queue, which never blocks and
// takes no memory while it does not grow. First in, first out for what one thread pushed.
//
// Its "empty" is a guess while others push and pop. But after a full fence approximate_size() is
// not 0 if a push ended before a full fence on the pushing side that came earlier: that is what
// sleeping relies on (see IdleWorkers).
class ThreadQueue {
 public:
  // One for each thread that pops.
  using Token = moodycamel::ConsumerToken;

  Token make_token() { return Token(queue_); }

  // False if there is no memory.
  bool push(StateBase* task) { return queue_.enqueue(task); }
  bool pop(Token& token, StateBase*& task) { return queue_.try_dequeue(token, task); }
  // As many as there are, up to the span's size; how many.
  std::size_t pop(Token& token, std::span<StateBase*> tasks) {
    return queue_.try_dequeue_bulk(token, tasks.begin(), tasks.size());
  }
  // For those who pop once in a while.
  bool pop(StateBase*& task) { return queue_.try_dequeue(task); }
  std::size_t approximate_size() const { return queue_.size_approx(); }

 private:
  struct Traits : moodycamel::ConcurrentQueueDefaultTraits {
    // Larger blocks are made and recycled less often; 2 KiB each.
    static constexpr std::size_t BLOCK_SIZE = 256;
  };

  moodycamel::ConcurrentQueue<StateBase*, Traits> queue_;
};

}  // namespace muster::detail
