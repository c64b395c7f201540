#include <algorithm>
#include <chrono>

#include <muster/muster.hpp>

#include "lib/common/ticks.hpp"
#include "prove/peer_pools.hpp"

namespace prove {

namespace {

int work(PeerWork what) {
  do_work(what);
  return 1;
}

class MusterBatch : public PeerBatch {
 public:
  std::vector<Came> await(std::int64_t deadline_ns) override {
    std::vector<Came> all;
    for (const auto& future : futures) all.push_back(await_one(future, deadline_ns));
    all.resize(all.size() + refused, Came::broke);
    return all;
  }

  std::vector<muster::Future<int>> futures;
  std::size_t refused = 0;

 private:
  static Came await_one(const muster::Future<int>& future, std::int64_t deadline_ns) {
    const std::int64_t left = deadline_ns - muster::detail::monotonic_ns();
    try {
      future.result(std::chrono::nanoseconds(std::max<std::int64_t>(left, 0)));
      return Came::value;
    } catch (const muster::TimeoutError&) {
      return Came::not_yet;
    } catch (const muster::WorkerDiedError&) {
      return Came::told;
    } catch (const muster::BrokenProcessPool&) {
      return Came::broke;
    }
  }
};

class MusterPeer : public PeerPool {
 public:
  explicit MusterPeer(muster::OnWorkerDeath policy)
      : pool_({.max_workers = kPeerWorkers,
               .on_worker_death = policy,
               .restart_intensity = {.deaths = 0}}) {
    pool_.submit(work, PeerWork{}).result();
  }

  std::unique_ptr<PeerBatch> submit(const std::vector<PeerWork>& batch) override {
    auto submitted = std::make_unique<MusterBatch>();
    try {
      for (const PeerWork& one : batch) submitted->futures.push_back(pool_.submit(work, one));
    } catch (const muster::BrokenProcessPool&) {
      submitted->refused = batch.size() - submitted->futures.size();
    }
    return submitted;
  }
  std::vector<pid_t> workers() override { return pool_.worker_pids(); }

 private:
  muster::ProcessPoolExecutor pool_;
};

}  // namespace

std::unique_ptr<PeerPool> make_muster_peer(muster::OnWorkerDeath policy) {
  return std::make_unique<MusterPeer>(policy);
}

}  // namespace prove
