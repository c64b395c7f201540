#include <atomic>
#include <cstdlib>
#include <numeric>
#include <type_traits>
#include <utility>

#include <muster/muster.hpp>

#include "bench/peers/future_peer.hpp"
#include "bench/peers/makers.hpp"
#include "bench/probes/process_info.hpp"
#include "bench/probes/shared_page.hpp"
#include "bench/probes/shared_word.hpp"

namespace bench {

namespace {

double sum_of_shared(muster::SharedArray<const double> values) { return sum_of(values.span()); }

muster::SharedArray<double> make_shared_doubles(std::uint64_t count) {
  muster::SharedArray<double> values(count);
  std::iota(values.begin(), values.end(), 0.0);
  tell_made();
  return values;
}

const std::vector<double>& kept_doubles(std::uint64_t count) {
  return muster::this_worker::local<std::vector<double>>([=] { return make_doubles(count); });
}
double sum_of_kept_doubles(std::uint64_t count) { return sum_of(kept_doubles(count)); }

// How many workers keep what they are to keep: each stays in its task until all do, so that each
// has one.
std::atomic<std::uint32_t>* keepers = nullptr;

void keep_with_others(std::uint64_t count, std::uint32_t workers) {
  kept_doubles(count);
  keepers->fetch_add(1);
  wake_all(*keepers);
  for (std::uint32_t now = keepers->load(); now < workers; now = keepers->load()) {
    sleep_while(*keepers, now);
  }
}

template <class Pool, class Options>
class MusterPeer : public FuturePeer<Pool> {
 public:
  explicit MusterPeer(Options options = {}) : options_(std::move(options)) {}

  void open(std::size_t workers) override {
    if (keepers == nullptr) keepers = &make_shared_object<std::atomic<std::uint32_t>>();
    workers_ = workers;
    options_.max_workers = workers;
    pool_.emplace(options_);
  }

  std::uint64_t map(std::span<const int> inputs) override {
    std::uint64_t sum = 0;
    for (const int result : pool_->map(&short_work, inputs)) {
      sum += static_cast<std::uint64_t>(result);
    }
    return sum;
  }

  void share_doubles(std::span<const double> values) override {
    shared_ = muster::SharedArray<double>::from(values);
  }
  double to_worker_shared() override { return pool_->submit(&sum_of_shared, shared_).result(); }
  void from_worker_shared(std::uint64_t count) override {
    received_shared_ = pool_->submit(&make_shared_doubles, count).result();
  }
  void from_worker_viewed(std::uint64_t count) override {
    viewed_ = pool_->submit(&make_doubles, count);
    view_ = viewed_.view();
  }
  double received() override {
    if (viewed_.valid()) {
      const double sum = sum_of(view_);
      viewed_ = {};
      return sum;
    }
    if (!received_shared_.empty()) return sum_of(std::exchange(received_shared_, {}).span());
    return FuturePeer<Pool>::received();
  }

  void keep_doubles(std::uint64_t count) override {
    const auto all = static_cast<std::uint32_t>(workers_);
    kept_ = count;
    keepers->store(0);
    std::vector<muster::Future<void>> keeping;
    for (std::uint32_t i = 0; i < all; ++i) {
      // One after the other: those before it hold a worker each, so this one finds another.
      keeping.push_back(pool_->submit(&keep_with_others, count, all));
      sleep_while(*keepers, i);
    }
    for (const auto& each : keeping) each.result();
  }
  double sum_of_kept() override { return pool_->submit(&sum_of_kept_doubles, kept_).result(); }

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

  Options options_;
  std::size_t workers_ = 0;
  muster::SharedArray<double> shared_;
  std::uint64_t kept_ = 0;
  muster::Future<std::vector<double>> viewed_;
  std::span<const double> view_;
  muster::SharedArray<double> received_shared_;
};

using ProcessPeer = MusterPeer<muster::ProcessPoolExecutor, muster::ProcessPoolOptions>;

// In the environment of a run of this program for a spawned pool.
constexpr const char* kSpawns = "MUSTER_BENCH_SPAWNS";

// What muster::init() makes, a process, is not to be there where other peers are measured.
std::unique_ptr<Peer> make_initialized(muster::StartMethod method) {
  ::setenv(kSpawns, "1", 1);
  muster::init();
  return std::make_unique<ProcessPeer>(muster::ProcessPoolOptions{.start_method = method});
}

}  // namespace

void serve_if_spawned() {
  if (std::getenv(kSpawns) != nullptr) muster::init();
}

std::unique_ptr<Peer> make_process_pool() { return std::make_unique<ProcessPeer>(); }
std::unique_ptr<Peer> make_forkserver_pool() {
  return make_initialized(muster::StartMethod::forkserver);
}
std::unique_ptr<Peer> make_spawned_pool() { return make_initialized(muster::StartMethod::spawn); }

std::unique_ptr<Peer> make_thread_pool() {
  return std::make_unique<MusterPeer<muster::ThreadPoolExecutor, muster::ThreadPoolOptions>>();
}

}  // namespace bench
