// oneTBB: tasks with futures by task_arena::enqueue and a promise each, and its own way, task_group
// and parallel_for, in which the thread that waits works, too.
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <future>
#include <optional>
#include <thread>

#include "bench/peers/future_peer.hpp"
#include "bench/peers/makers.hpp"

namespace bench {

namespace {

class TbbArena {
 public:
  // No slot is kept for this thread, which never works: all of them are workers'.
  explicit TbbArena(std::size_t workers)
      : most_(tbb::global_control::max_allowed_parallelism, workers + 1),
        arena_(static_cast<int>(workers), 0) {
    arena_.initialize();
  }

  template <class Function, class... Arguments>
  auto submit(Function function, Arguments... arguments) {
    using Result = std::invoke_result_t<Function&, Arguments&...>;
    std::promise<Result> promise;
    auto future = promise.get_future();
    auto body = [function, arguments...] { return function(arguments...); };
    arena_.enqueue(Enqueued<Result, decltype(body)>{std::move(promise), body});
    return future;
  }

 private:
  // The arena calls its copy as const.
  template <class Result, class Body>
  struct Enqueued {
    mutable std::promise<Result> promise;
    Body body;
    void operator()() const { promise.set_value(body()); }
  };

  tbb::global_control most_;
  tbb::task_arena arena_;
};

// As many threads as workers, one of which is the one that waits.
class TbbGroupPeer : public Peer {
 public:
  void open(std::size_t workers) override {
    most_.emplace(tbb::global_control::max_allowed_parallelism, workers);
    arena_.emplace(static_cast<int>(workers), 1);
    arena_->initialize();
  }
  void close() override {
    arena_.reset();
    most_.reset();
  }

  std::uint64_t without_futures(std::uint32_t tasks) override {
    std::vector<int> results(tasks);
    run_all(tasks, [&results](std::uint32_t i) { results[i] = kPlusOne(static_cast<int>(i)); });
    std::uint64_t sum = 0;
    for (const int result : results) sum += static_cast<std::uint64_t>(result);
    return sum;
  }

  std::uint64_t one_at_a_time(std::uint32_t tasks, std::chrono::nanoseconds pause,
                              std::vector<double>& seconds) override {
    std::uint64_t sum = 0;
    arena_->execute([&] {
      tbb::task_group group;
      for (std::uint32_t i = 0; i < tasks; ++i) {
        if (pause.count() != 0) std::this_thread::sleep_for(pause);
        const Stopwatch watch;
        int result = 0;
        group.run([&result, i] { result = kPlusOne(static_cast<int>(i)); });
        group.wait();
        seconds.push_back(watch.seconds());
        sum += static_cast<std::uint64_t>(result);
      }
    });
    return sum;
  }

  std::uint64_t map(std::span<const int> inputs) override {
    std::vector<int> results(inputs.size());
    arena_->execute([&] {
      tbb::parallel_for(tbb::blocked_range<std::size_t>(0, inputs.size()),
                        [&](const tbb::blocked_range<std::size_t>& part) {
                          for (std::size_t i = part.begin(); i != part.end(); ++i) {
                            results[i] = short_work(inputs[i]);
                          }
                        });
    });
    std::uint64_t sum = 0;
    for (const int result : results) sum += static_cast<std::uint64_t>(result);
    return sum;
  }

  std::vector<std::int64_t> burn_all(std::span<const int> microseconds) override {
    std::vector<std::int64_t> ended(microseconds.size());
    run_all(static_cast<std::uint32_t>(ended.size()),
            [&](std::uint32_t i) { ended[i] = burn(microseconds[i]); });
    return ended;
  }

 private:
  // In the arena as a whole: entering it for each task costs more than the task.
  template <class Body>
  void run_all(std::uint32_t tasks, const Body& body) {
    arena_->execute([&] {
      tbb::task_group group;
      for (std::uint32_t i = 0; i < tasks; ++i) group.run([&body, i] { body(i); });
      group.wait();
    });
  }

  std::optional<tbb::global_control> most_;
  std::optional<tbb::task_arena> arena_;
};

}  // namespace

std::unique_ptr<Peer> make_tbb_enqueue() { return std::make_unique<SimpleFuturePeer<TbbArena>>(); }

std::unique_ptr<Peer> make_tbb_group() { return std::make_unique<TbbGroupPeer>(); }

}  // namespace bench
