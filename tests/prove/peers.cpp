#include "prove/peers.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <boost/date_time/posix_time/posix_time_types.hpp>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <muster/muster.hpp>

#include "prove/random.hpp"
#include "support/json_file.hpp"

namespace prove {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWorkers = 2;
constexpr int kStreamed = 3000;
constexpr int kAfter = 20;

// What becomes of the tasks; the exit code of the process in which it was tried.
enum Became { kGoesOn = 10, kTells, kBreaks, kLoses, kHangs };
constexpr std::array<const char*, 5> kBecame{"goes on", "goes on, tells of the task",
                                             "breaks, says so", "goes on, lost tasks",
                                             "hangs (5 s)"};

constexpr std::array<const char*, 3> kStates{"idle", "busy", "stream"};

void sleep_ms(std::uint32_t ms) {
  const timespec time{ms / 1000, static_cast<long>(ms % 1000) * 1'000'000};
  ::nanosleep(&time, nullptr);
}

int nap(int ms) {
  sleep_ms(static_cast<std::uint32_t>(ms));
  return ms;
}
int add_one(int n) { return n + 1; }

// 10 where nothing is to be seen of the death, and so on.
int try_muster(muster::OnWorkerDeath policy, const std::string& state, Random& random) {
  muster::ProcessPoolExecutor pool({.max_workers = kWorkers, .on_worker_death = policy});
  pool.submit(add_one, 1).result();
  struct Task {
    muster::Future<int> future;
    int right;
  };
  std::vector<Task> all;
  if (state == "busy") {
    for (int i = 0; i < 4; ++i) all.push_back({pool.submit(nap, 200), 200});
    sleep_ms(100);
  } else if (state == "stream") {
    for (int i = 0; i < kStreamed; ++i) all.push_back({pool.submit(add_one, i), i + 1});
  }
  const auto pids = pool.worker_pids();
  ::kill(pids[random.below(pids.size())], SIGKILL);
  sleep_ms(100);
  int became = kGoesOn;
  try {
    for (int i = 0; i < kAfter; ++i) all.push_back({pool.submit(add_one, i), i + 1});
  } catch (const muster::BrokenProcessPool&) {
    became = kBreaks;
  }
  for (const auto& [future, right] : all) {
    try {
      if (future.result(5s) != right) return kLoses;
    } catch (const muster::TimeoutError&) {
      return kHangs;
    } catch (const muster::WorkerDiedError&) {
      became = std::max<int>(became, kTells);
    } catch (const muster::BrokenProcessPool&) {
      became = kBreaks;
    }
  }
  return became;
}

// Two of Boost.Interprocess's message queues in shared memory, one of tasks and one of results.
class QueuePool {
 public:
  struct Task {
    int id;
    int nap_ms;
  };

  QueuePool() : tasks_("tasks"), results_("results") {
    for (std::size_t i = 0; i < kWorkers; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) work();
      pids_.push_back(pid);
    }
  }
  ~QueuePool() {
    for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
  }
  QueuePool(const QueuePool&) = delete;
  QueuePool& operator=(const QueuePool&) = delete;

  const std::vector<pid_t>& pids() const { return pids_; }
  bool send(Task task) { return tasks_.queue.timed_send(&task, sizeof(task), 0, in_5_s()); }
  bool receive(Task& task) {
    boost::interprocess::message_queue::size_type size = 0;
    unsigned priority = 0;
    return results_.queue.timed_receive(&task, sizeof(task), size, priority, in_5_s());
  }

 private:
  struct Queue {
    explicit Queue(const char* kind)
        : name(fmt::format("muster-prove-{}-{}", ::getpid(), kind)),
          queue(boost::interprocess::create_only, name.c_str(), 4096, sizeof(Task)) {
      boost::interprocess::message_queue::remove(name.c_str());  // the workers inherit it
    }
    std::string name;
    boost::interprocess::message_queue queue;
  };

  static boost::posix_time::ptime in_5_s() {
    return boost::posix_time::microsec_clock::universal_time() + boost::posix_time::seconds(5);
  }
  [[noreturn]] void work() {
    while (true) {
      Task task{};
      boost::interprocess::message_queue::size_type size = 0;
      unsigned priority = 0;
      tasks_.queue.receive(&task, sizeof(task), size, priority);
      if (task.nap_ms != 0) nap(task.nap_ms);
      results_.queue.send(&task, sizeof(task), 0);
    }
  }

  Queue tasks_;
  Queue results_;
  std::vector<pid_t> pids_;
};

int try_message_queue(const std::string& state, Random& random) {
  QueuePool pool;
  int before = 0;
  if (state == "busy") {
    for (; before < 4; ++before) pool.send({before, 200});
    sleep_ms(100);
  } else if (state == "stream") {
    for (; before < kStreamed; ++before) {
      if (!pool.send({before, 0})) return kHangs;
    }
  } else {
    sleep_ms(50);
  }
  ::kill(pool.pids()[random.below(kWorkers)], SIGKILL);
  sleep_ms(100);
  for (int i = 0; i < kAfter; ++i) {
    if (!pool.send({before + i, 0})) return kHangs;
  }
  int earlier = 0;
  int later = 0;
  for (QueuePool::Task task{}; earlier + later < before + kAfter && pool.receive(task);) {
    ++(task.id < before ? earlier : later);
  }
  if (later != kAfter) return kHangs;
  return earlier == before ? kGoesOn : kLoses;
}

// In a process of its own, with all that it starts: what hangs is ended.
int try_in_child(const std::function<int()>& trial) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    ::alarm(30);
    ::_exit(trial());
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  ::kill(-pid, SIGKILL);                                    // workers that it has left
  return WIFEXITED(status) ? WEXITSTATUS(status) : kHangs;  // by the alarm
}

int try_python(const char* which, const char* state) {
  return try_in_child([&]() -> int {
    ::execlp("python3", "python3", MUSTER_PROVE_PEERS, which, state, nullptr);
    return 127;
  });
}

struct Peer {
  const char* name;
  std::function<int(const char* state, Random& random)> trial;
};

std::vector<Peer> all_peers() {
  const auto in_child = [](auto trial) {
    return [trial](const char* state, Random& random) {
      Random own(random.next());
      return try_in_child([&] { return trial(state, own); });
    };
  };
  return {
      {"Muster, replace", in_child([](const char* state, Random& random) {
         return try_muster(muster::OnWorkerDeath::replace, state, random);
       })},
      {"Muster, break_pool", in_child([](const char* state, Random& random) {
         return try_muster(muster::OnWorkerDeath::break_pool, state, random);
       })},
      {"multiprocessing.Pool",
       [](const char* state, Random&) { return try_python("pool", state); }},
      {"concurrent.futures",
       [](const char* state, Random&) { return try_python("executor", state); }},
      {"Boost message_queue", in_child([](const char* state, Random& random) {
         return try_message_queue(state, random);
       })},
  };
}

}  // namespace

int run_peers(const Options& options) {
  // A hang costs 5 s and more.
  constexpr std::uint64_t kTrials = 10;
  const std::uint64_t trials = std::min(options.count, kTrials);
  Random random(options.seed);
  nlohmann::ordered_json json{
      {"schema", 1}, {"program", "muster-soak --peer"}, {"seed", options.seed}, {"trials", trials}};
  fmt::print(
      "seed {}\nOne of two workers is killed, {} times: while it is idle, while it runs a "
      "task of 200 ms,\nand while {} short ones are under way.\n\n",
      options.seed, trials, kStreamed);
  fmt::print("{:<22} {:<7}", "pool", "worker");
  for (const char* const became : kBecame) fmt::print(" | {}", became);
  fmt::print("\n");
  for (const Peer& peer : all_peers()) {
    for (const char* const state : kStates) {
      std::array<std::uint64_t, kBecame.size()> counts{};
      bool missing = false;
      std::fflush(stdout);  // not twice, by a child
      for (std::uint64_t i = 0; i < trials && !missing; ++i) {
        const int became = peer.trial(state, random);
        missing = became < kGoesOn || became > kHangs;
        if (!missing) ++counts[static_cast<std::size_t>(became - kGoesOn)];
      }
      fmt::print("{:<22} {:<7}", peer.name, state);
      if (missing) {
        fmt::print(" | could not be tried here\n");
        continue;
      }
      for (std::size_t i = 0; i < counts.size(); ++i) {
        fmt::print(" | {:>{}}", counts[i], std::string_view(kBecame[i]).size());
        json["peers"][peer.name][state][kBecame[i]] = counts[i];
      }
      fmt::print("\n");
    }
  }
  return options.json.empty() || test_support::write_json(options.json, json) ? 0 : 1;
}

}  // namespace prove
