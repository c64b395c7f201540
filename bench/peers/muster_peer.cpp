#include "bench/peers/muster_peer.hpp"

#include <thread>
#include <type_traits>

#include <muster/muster.hpp>

#include "bench/peers/streams.hpp"
#include "bench/probes/process_info.hpp"
#include "bench/probes/stopwatch.hpp"

namespace bench {

namespace {

template <class Pool, class Options>
class MusterPeer : public Peer {
 public:
  explicit MusterPeer(std::size_t workers) : pool_(Options{.max_workers = workers}) {}

  std::uint64_t kept(std::uint32_t tasks) override {
    std::vector<muster::Future<int>> futures;
    futures.reserve(tasks);
    submit_all(pool_, tasks, futures);
    return collect_all(futures);
  }

  std::uint64_t windowed(std::uint32_t tasks, std::uint32_t window) override {
    std::vector<muster::Future<int>> futures;
    futures.reserve(window);
    return stream(pool_, tasks, window, futures);
  }

  std::uint64_t one_at_a_time(std::uint32_t tasks, std::chrono::nanoseconds pause,
                              std::vector<double>& seconds) override {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < tasks; ++i) {
      if (pause.count() != 0) std::this_thread::sleep_for(pause);
      const Stopwatch watch;
      sum += static_cast<std::uint64_t>(submit_plus_one(pool_, i).result());
      seconds.push_back(watch.seconds());
    }
    return sum;
  }

  std::uint64_t map(std::span<const int> inputs) override {
    std::uint64_t sum = 0;
    for (const int result : pool_.map(&short_work, inputs)) {
      sum += static_cast<std::uint64_t>(result);
    }
    return sum;
  }

  std::vector<pid_t> processes() const override {
    std::vector<pid_t> pids;
    if constexpr (std::is_same_v<Pool, muster::ProcessPoolExecutor>) {
      pids = pool_.worker_pids();
      if (!pids.empty()) pids.push_back(parent_of(pids.front()));  // the supervisor
    }
    return pids;
  }

 private:
  Pool pool_;
};

}  // namespace

std::unique_ptr<Peer> make_process_pool(std::size_t workers) {
  return std::make_unique<MusterPeer<muster::ProcessPoolExecutor, muster::ProcessPoolOptions>>(
      workers);
}

std::unique_ptr<Peer> make_thread_pool(std::size_t workers) {
  return std::make_unique<MusterPeer<muster::ThreadPoolExecutor, muster::ThreadPoolOptions>>(
      workers);
}

}  // namespace bench
