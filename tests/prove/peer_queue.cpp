#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <boost/date_time/posix_time/posix_time_types.hpp>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>

#include "lib/common/ticks.hpp"
#include "prove/pause.hpp"
#include "prove/peer_pools.hpp"

namespace prove {

namespace {

using boost::interprocess::message_queue;

struct Message {
  std::uint64_t id;
  PeerWork work;
};

boost::posix_time::ptime after_ms(long ms) {
  return boost::posix_time::microsec_clock::universal_time() +
         boost::posix_time::milliseconds(std::max(ms, 0L));
}

class Queue {
 public:
  explicit Queue(const char* kind)
      : name_(fmt::format("muster-prove-{}-{}", ::getpid(), kind)),
        queue_(boost::interprocess::create_only, name_.c_str(), 4096, sizeof(Message)) {
    message_queue::remove(name_.c_str());  // the workers inherit it
  }

  void send(const Message& message) { queue_.send(&message, sizeof(message), 0); }
  bool send(const Message& message, long ms) {
    return queue_.timed_send(&message, sizeof(message), 0, after_ms(ms));
  }
  void receive(Message& message) { queue_.receive(&message, sizeof(message), size_, priority_); }
  bool receive(Message& message, long ms) {
    return queue_.timed_receive(&message, sizeof(message), size_, priority_, after_ms(ms));
  }

 private:
  std::string name_;
  message_queue queue_;
  message_queue::size_type size_ = 0;
  unsigned priority_ = 0;
};

class QueuePeer : public PeerPool {
 public:
  QueuePeer() : tasks_("tasks"), results_("results") {
    for (std::size_t i = 0; i < kPeerWorkers; ++i) pids_.push_back(fork_worker());
    receiver_ = std::thread([this] { take_results(); });
  }
  ~QueuePeer() override {
    end_.store(true);
    receiver_.join();
    for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
  }
  QueuePeer(const QueuePeer&) = delete;
  QueuePeer& operator=(const QueuePeer&) = delete;

  std::unique_ptr<PeerBatch> submit(const std::vector<PeerWork>& batch) override;

  // By one thread: it reaps those that died and forks others for them.
  std::vector<pid_t> workers() override {
    for (pid_t& pid : pids_) {
      if (::waitpid(pid, nullptr, WNOHANG) == pid) pid = fork_worker();
    }
    return pids_;
  }

  // Rethrows what the thread that takes results has met.
  bool has_come(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    if (thrown_) std::rethrow_exception(thrown_);
    return came_.contains(id);
  }

 private:
  pid_t fork_worker() {
    const pid_t pid = ::fork();
    if (pid == 0) work();
    return pid;
  }
  [[noreturn]] void work() {
    try {
      while (true) {
        Message message{};
        tasks_.receive(message);
        do_work(message.work);
        results_.send(message);
      }
    } catch (...) {
      ::_exit(1);  // as a worker that died
    }
  }
  void take_results() {
    try {
      Message message{};
      while (!end_.load()) {
        if (!results_.receive(message, 50)) continue;
        const std::lock_guard lock(mutex_);
        came_.insert(message.id);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      thrown_ = std::current_exception();
    }
  }

  Queue tasks_;
  Queue results_;
  std::vector<pid_t> pids_;
  std::atomic<std::uint64_t> next_{1};
  std::mutex mutex_;
  std::set<std::uint64_t> came_;
  std::exception_ptr thrown_;
  std::atomic<bool> end_{false};
  std::thread receiver_;
};

class QueueBatch : public PeerBatch {
 public:
  QueueBatch(QueuePeer& pool, std::uint64_t first, std::size_t count)
      : pool_(pool), first_(first), count_(count) {}

  std::vector<Came> await(std::int64_t deadline_ns) override {
    std::vector<Came> all(count_, Came::not_yet);
    while (true) {
      bool whole = true;
      for (std::size_t i = 0; i < count_; ++i) {
        if (all[i] == Came::not_yet && pool_.has_come(first_ + i)) all[i] = Came::value;
        whole = whole && all[i] == Came::value;
      }
      if (whole || muster::detail::monotonic_ns() >= deadline_ns) return all;
      sleep_for(200);
    }
  }

 private:
  QueuePeer& pool_;
  const std::uint64_t first_;
  const std::size_t count_;
};

std::unique_ptr<PeerBatch> QueuePeer::submit(const std::vector<PeerWork>& batch) {
  const std::uint64_t first = next_.fetch_add(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    // What finds no room is not heard of again.
    if (!tasks_.send({first + i, batch[i]}, 1000)) break;
  }
  return std::make_unique<QueueBatch>(*this, first, batch.size());
}

}  // namespace

std::unique_ptr<PeerPool> make_queue_peer() { return std::make_unique<QueuePeer>(); }

}  // namespace prove
