#include "prove/peer_load.hpp"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "lib/common/ticks.hpp"
#include "prove/pause.hpp"
#include "prove/pidfd.hpp"

namespace prove {

using muster::detail::monotonic_ns;

namespace {

// For a batch of short tasks; what has not come by then is looked at again in the end.
constexpr std::int64_t kPatienceNs = 1'000'000'000;
// For the last ones, when nobody is killed any more.
constexpr std::int64_t kLastPatienceNs = 3'000'000'000;
// For client threads that are in the midst of a batch, of which they submit a part and await it.
constexpr std::int64_t kThreadsPatienceNs = 5'000'000'000;
// Batches in a row of which nothing came: it hangs, it seems, and more kills say no more.
constexpr int kStalls = 2;
constexpr std::size_t kLastTasks = 20;

std::vector<PeerWork> choose_batch(PeerLoad load, Random& random) {
  std::uint32_t most = 400;
  if (load == PeerLoad::single) most = 1;
  if (load == PeerLoad::mixed && !random.percent(30)) most = 20;
  std::vector<PeerWork> batch(1 + random.below(most));
  if (load != PeerLoad::mixed) return batch;
  for (PeerWork& work : batch) {
    const std::uint32_t kind = random.below(100);
    if (kind < 2) {
      work.sleep_us = random.below(3000);
    } else if (kind < 12) {
      work.spin_ns = random.below(200'000);
    } else if (kind < 40) {
      work.spin_ns = random.below(20'000);
    }
  }
  return batch;
}

// What the client threads share.
class Trial {
 public:
  Trial(PeerPool& pool, PeerLoad load) : pool_(pool), load_(load) {}

  // One of them.
  void run_client(Random random) {
    try {
      for (int stalls = 0; !over_.load() && stalls < kStalls;) {
        stalls = run_batch(choose_batch(load_, random), kPatienceNs) ? 0 : stalls + 1;
        if (random.percent(8)) sleep_for(random.below(3000));
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!thrown_) thrown_ = std::current_exception();
    }
    over_.store(true);
    running_.fetch_sub(1);
  }
  bool all_ended_by(std::int64_t deadline_ns) const {
    while (running_.load() != 0) {
      if (monotonic_ns() >= deadline_ns) return false;
      sleep_for(1000);
    }
    return true;
  }

  // False: nothing of it came by then.
  bool run_batch(const std::vector<PeerWork>& works, std::int64_t patience) {
    auto batch = pool_.submit(works);
    const auto came = batch->await(monotonic_ns() + patience);
    const auto how_many = [&](Came how) {
      return static_cast<std::uint64_t>(std::count(came.begin(), came.end(), how));
    };
    tasks_ += works.size();
    told_ += how_many(Came::told);
    if (how_many(Came::broke) != 0) {
      broke_.store(true);
      over_.store(true);
    }
    const std::uint64_t late = how_many(Came::not_yet);
    if (late != 0) {
      const std::lock_guard lock(mutex_);
      late_.push_back(std::move(batch));
    }
    return late < works.size();
  }

  bool over() const { return over_.load(); }
  void end() { over_.store(true); }

  // With threads that do not come back, whatever their limits.
  PeerEnd hung(std::uint64_t kills) const {
    PeerEnd end;
    end.became = Became::hung;
    end.kills = kills;
    end.tasks = tasks_.load();
    end.told = told_.load();
    return end;
  }
  // With the threads ended.
  PeerEnd conclude(std::uint64_t kills) {
    if (thrown_) std::rethrow_exception(thrown_);
    PeerEnd end;
    end.kills = kills;
    bool answers = true;
    if (!broke_.load()) {
      const std::size_t before = late_.size();
      run_batch(std::vector<PeerWork>(kLastTasks), kLastPatienceNs);
      answers = late_.size() == before;
    }
    const std::int64_t deadline = monotonic_ns() + (answers ? kPatienceNs : 0);
    for (const auto& batch : late_) {
      const auto came = batch->await(deadline);
      end.lost += static_cast<std::uint64_t>(std::count(came.begin(), came.end(), Came::not_yet));
    }
    end.tasks = tasks_.load();
    end.told = told_.load();
    end.became = broke_.load()   ? Became::broke
                 : !answers      ? Became::hung
                 : end.lost != 0 ? Became::lost_tasks
                                 : Became::went_on;
    if (end.became == Became::broke || end.became == Became::hung) end.lost = 0;  // all of them are
    return end;
  }

 private:
  PeerPool& pool_;
  const PeerLoad load_;
  std::atomic<std::size_t> running_{kPeerClients};
  std::atomic<bool> over_{false};
  std::atomic<bool> broke_{false};
  std::atomic<std::uint64_t> tasks_{0};
  std::atomic<std::uint64_t> told_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<PeerBatch>> late_;
  std::exception_ptr thrown_;
};

}  // namespace

void do_work(PeerWork work) {
  if (work.sleep_us != 0) sleep_for(work.sleep_us);
  const std::int64_t end = monotonic_ns() + work.spin_ns;
  while (work.spin_ns != 0 && monotonic_ns() < end) {
  }
}

PeerEnd load_and_kill(PeerPool& pool, PeerLoad load, std::uint64_t kills, Random random) {
  const auto trial = std::make_shared<Trial>(pool, load);
  for (std::size_t i = 0; i < kPeerClients; ++i) {
    std::thread([trial, own = Random(random.next())] { trial->run_client(own); }).detach();
  }
  std::uint64_t killed = 0;
  while (killed < kills && !trial->over()) {
    sleep_for(static_cast<std::uint32_t>(std::min(random.exponential(10e3), 50e3)));
    const std::vector<pid_t> workers = pool.workers();
    if (workers.empty()) continue;
    if (Pidfd(workers[random.below(workers.size())]).signal(SIGKILL)) ++killed;
  }
  trial->end();
  if (!trial->all_ended_by(monotonic_ns() + kThreadsPatienceNs)) return trial->hung(killed);
  return trial->conclude(killed);
}

nlohmann::json PeerEnd::to_json() const {
  return {{"became", kBecameNames[static_cast<std::size_t>(became)]},
          {"kills", kills},
          {"tasks", tasks},
          {"told", told},
          {"lost", lost},
          {"why", why}};
}

PeerEnd PeerEnd::from_json(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  const auto became = json.at("became").get<std::string>();
  const auto* const name = std::find(kBecameNames, kBecameNames + kBecames, became);
  if (name == kBecameNames + kBecames) throw std::runtime_error("it became \"" + became + "\"");
  PeerEnd end;
  end.became = static_cast<Became>(name - kBecameNames);
  end.kills = json.at("kills");
  end.tasks = json.at("tasks");
  end.told = json.at("told");
  end.lost = json.at("lost");
  end.why = json.at("why");
  return end;
}

}  // namespace prove
