// Worker processes on two of Boost.Interprocess's message queues in shared memory, one of tasks and
// one of results, which all workers share.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>

#include "bench/peers/makers.hpp"
#include "bench/peers/record_peer.hpp"
#include "bench/probes/subprocess.hpp"
#include "bench/standard_streams.hpp"

namespace bench {

namespace {

constexpr std::size_t kMessages = 1024;

class Queue {
 public:
  explicit Queue(std::string_view kind)
      : name_(fmt::format("muster-bench-{}-{}", ::getpid(), kind)),
        queue_(boost::interprocess::create_only, name_.c_str(), kMessages, sizeof(Record)) {
    // The workers inherit it, so nobody needs its name again.
    boost::interprocess::message_queue::remove(name_.c_str());
  }

  void send(const Record& record) { queue_.send(&record, sizeof(record), 0); }
  void receive(Record& record) {
    boost::interprocess::message_queue::size_type size = 0;
    unsigned priority = 0;
    queue_.receive(&record, sizeof(record), size, priority);
  }

 private:
  std::string name_;
  boost::interprocess::message_queue queue_;
};

class QueueChannel {
 public:
  explicit QueueChannel(std::size_t workers) : tasks_("tasks"), results_("results") {
    for (std::size_t i = 0; i < workers; ++i) {
      pids_.push_back(fork_child([this] {
        for (Record record;;) {
          tasks_.receive(record);
          execute(record);
          results_.send(record);
        }
      }));
    }
    watch_ = std::thread([this] { watch(); });
  }
  ~QueueChannel() {
    stopping_.store(true);
    for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    watch_.join();
    wait_for_children(pids_);
  }
  QueueChannel(const QueueChannel&) = delete;
  QueueChannel& operator=(const QueueChannel&) = delete;

  // Less than fits, so that nobody waits to send.
  std::size_t window() const { return kMessages - pids_.size(); }
  const std::vector<pid_t>& workers() const { return pids_; }
  void send(const Record& record) { tasks_.send(record); }
  void flush() {}
  void receive(Record& record) { results_.receive(record); }

 private:
  // Waits until a worker ends, which none does by itself. It may have died with the lock of a
  // queue, for which this program would wait for ever, and so it cannot go on from here.
  void watch() const {
    siginfo_t ended{};
    while (::waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT) != 0) {
      if (errno != EINTR) return;
    }
    if (stopping_.load()) return;
    int status = 0;
    ::waitpid(ended.si_pid, &status, 0);
    const std::string ending = ending_of(status);
    print(fmt::format("error the worker process {} {}\n", ended.si_pid,
                      ending.empty() ? "ended before its time" : ending));
    ::_exit(EXIT_FAILURE);
  }

  Queue tasks_;
  Queue results_;
  std::vector<pid_t> pids_;
  std::atomic<bool> stopping_{false};
  std::thread watch_;
};

}  // namespace

std::unique_ptr<Peer> make_message_queue() { return std::make_unique<RecordPeer<QueueChannel>>(); }

}  // namespace bench
