#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "bench/peers/peer.hpp"
#include "bench/peers/streams.hpp"
#include "bench/probes/stopwatch.hpp"

namespace bench {

// All that a pool with futures can do, but for map. A pool is something with submit(function,
// arguments...), or with client(), which gives the thread that calls it something with that.
template <class Pool>
class FuturePeer : public Peer {
 public:
  void close() override { pool_.reset(); }

  std::uint64_t kept(std::uint32_t tasks) override {
    decltype(auto) client = client_of(*pool_);
    std::vector<PlusOneFuture<decltype(client)>> futures;
    futures.reserve(tasks);
    submit_all(client, tasks, futures);
    return collect_all(futures);
  }

  std::uint64_t windowed(std::uint32_t tasks, std::uint32_t window) override {
    decltype(auto) client = client_of(*pool_);
    std::vector<PlusOneFuture<decltype(client)>> futures;
    futures.reserve(window);
    return stream(client, tasks, window, futures);
  }

  std::uint64_t one_at_a_time(std::uint32_t tasks, std::chrono::nanoseconds pause,
                              std::vector<double>& seconds) override {
    decltype(auto) client = client_of(*pool_);
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < tasks; ++i) {
      if (pause.count() != 0) std::this_thread::sleep_for(pause);
      const Stopwatch watch;
      auto future = submit_plus_one(client, i);
      sum += static_cast<std::uint64_t>(take(future));
      seconds.push_back(watch.seconds());
    }
    return sum;
  }

  std::vector<std::int64_t> burn_all(std::span<const int> microseconds) override {
    decltype(auto) client = client_of(*pool_);
    std::vector<decltype(client.submit(&burn, 0))> futures;
    futures.reserve(microseconds.size());
    for (const int each : microseconds) futures.push_back(client.submit(&burn, each));
    std::vector<std::int64_t> ended;
    ended.reserve(futures.size());
    for (auto& future : futures) ended.push_back(take(future));
    return ended;
  }

  double to_worker(std::span<const double> values, std::uint32_t times) override {
    decltype(auto) client = client_of(*pool_);
    std::vector<decltype(client.submit(&sum_of, values))> futures;
    futures.reserve(times);
    for (std::uint32_t i = 0; i < times; ++i) futures.push_back(client.submit(&sum_of, values));
    double sum = 0;
    for (auto& future : futures) sum += take(future);
    return sum;
  }

  void from_worker(std::uint64_t count) override {
    decltype(auto) client = client_of(*pool_);
    auto future = client.submit(&make_doubles, count);
    received_ = take(future);
  }
  double received() override { return sum_of(std::exchange(received_, {})); }

 protected:
  std::optional<Pool> pool_;

 private:
  template <class P>
  static decltype(auto) client_of(P& pool) {
    if constexpr (requires { pool.client(); }) {
      return pool.client();
    } else {
      return (pool);
    }
  }

  std::vector<double> received_;
};

// The same for pools that are made from a number of workers.
template <class Pool>
class SimpleFuturePeer : public FuturePeer<Pool> {
 public:
  void open(std::size_t workers) override { this->pool_.emplace(workers); }
};

}  // namespace bench
