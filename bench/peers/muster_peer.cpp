#include <type_traits>

#include <muster/muster.hpp>

#include "bench/peers/future_peer.hpp"
#include "bench/peers/makers.hpp"
#include "bench/probes/process_info.hpp"

namespace bench {

namespace {

template <class Pool, class Options>
class MusterPeer : public FuturePeer<Pool> {
 public:
  void open(std::size_t workers) override { pool_.emplace(Options{.max_workers = workers}); }

  std::uint64_t map(std::span<const int> inputs) override {
    std::uint64_t sum = 0;
    for (const int result : pool_->map(&short_work, inputs)) {
      sum += static_cast<std::uint64_t>(result);
    }
    return sum;
  }

  std::vector<pid_t> workers() const override {
    if constexpr (kProcesses) return pool_->worker_pids();
    return {};
  }
  std::vector<pid_t> processes() const override {
    std::vector<pid_t> pids = workers();
    if (!pids.empty()) pids.push_back(parent_of(pids.front()));  // the supervisor
    return pids;
  }

 private:
  static constexpr bool kProcesses = std::is_same_v<Pool, muster::ProcessPoolExecutor>;
  using FuturePeer<Pool>::pool_;
};

}  // namespace

std::unique_ptr<Peer> make_process_pool() {
  return std::make_unique<MusterPeer<muster::ProcessPoolExecutor, muster::ProcessPoolOptions>>();
}

std::unique_ptr<Peer> make_thread_pool() {
  return std::make_unique<MusterPeer<muster::ThreadPoolExecutor, muster::ThreadPoolOptions>>();
}

}  // namespace bench
