#pragma once

// The parts of a simulated job, and how they reach each other.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <queue>
#include <random>
#include <set>
#include <vector>

#include "tools/scaling/activity.hpp"
#include "tools/scaling/back_off.hpp"
#include "tools/scaling/clock.hpp"
#include "tools/scaling/plan.hpp"
#include "tools/scaling/share.hpp"
#include "tools/scaling/thread.hpp"

namespace scaling {

using TaskIndex = std::uint32_t;

struct Message {
  enum class Kind : std::uint8_t { tasks, results, steal, refusal };
  Kind kind = Kind::tasks;
  std::uint32_t from = 0;  // of a steal: the rank; of results: the child
  std::vector<TaskIndex> tasks;
  double bytes = 0;
  // Of tasks: when it was sent. Of results: the same of the last one that came, and for how long
  // the rank had it, added up; negative: none.
  double stamp = -1;
};

// Messages for one thread, which arrive in the order in which they were sent.
class Mailbox final : public Alarm {
 public:
  Mailbox(Clock& clock, Thread& owner) : clock_(clock), owner_(owner) {}

  void put(Message message, double delay);
  bool empty() const { return here_.empty(); }
  Message take();
  void ring() override;

 private:
  struct OnItsWay {
    double at;
    std::uint64_t number;
    Message message;
    bool operator<(const OnItsWay& other) const {
      return at != other.at ? at > other.at : number > other.number;
    }
  };

  Clock& clock_;
  Thread& owner_;
  std::uint64_t count_ = 0;
  std::priority_queue<OnItsWay> on_their_way_;
  std::deque<Message> here_;
};

// Records for one receiver, until they are sent.
struct Batch {
  std::vector<TaskIndex> tasks;
  double bytes = 0;
  double begun = 0;
  bool urgent = false;

  void add(TaskIndex task, double size, double now) {
    if (tasks.empty()) begun = now;
    tasks.push_back(task);
    bytes += size;
  }
  bool due(double now, bool all, const Algorithm& algorithm) const {
    if (tasks.empty()) return false;
    return all || urgent || bytes >= algorithm.full_batch || now - begun >= algorithm.batch_waits;
  }
  Message take(Message::Kind kind, std::uint32_t from) {
    Message message{.kind = kind, .from = from, .tasks = std::move(tasks), .bytes = bytes};
    *this = {};
    return message;
  }
};

class Job;
class Master;

// A rank that serves: lib/mpi/rank_server and served_pool, and the workers of its pool.
class Server {
 public:
  Server(Job& job, std::uint32_t number, Thread& thread);
  Activity run();
  Activity work(Thread& worker);
  Activity serve_pump();

  Mailbox mailbox;
  Master* parent = nullptr;
  std::uint32_t place_in_parent = 0;
  std::vector<Thread*> workers;
  Thread* pump = nullptr;
  double slowness = 1;

 private:
  friend class Job;
  std::size_t collect();
  bool watch_all();
  void take(Message message);
  bool wants_to_steal() const;

  Job& job_;
  std::uint32_t number_;
  Thread& thread_;
  std::deque<TaskIndex> ring_;    // not begun
  std::deque<TaskIndex> active_;  // not collected, in the order in which they came
  std::vector<Thread*> asleep_;
  Batch out_;
  double stamp_ = -1;  // of the last message with tasks, until it is given back
  double came_ = 0;    // when that came
  BackOff back_off_;
  // Stealing.
  bool asks_ = false;
  double asks_again_ = 0;
  double patience_ = 0;
  bool looks_ = false;   // at its tasks, again and again
  bool sleeps_ = false;  // and its bell can wake it
  bool rung_ = false;
};

// Gives tasks to ranks: rank 0's conductor, or a sub-master.
class Master {
 public:
  Master(Job& job, std::uint32_t number, Thread& thread);
  Activity run();

  // A rank or a sub-master below it.
  void adopt(Mailbox& mailbox, std::size_t workers);
  void enqueue(TaskIndex task) { queue_.push_back(task); }

  Mailbox mailbox;      // from below
  Mailbox from_parent;  // of a sub-master
  Master* parent = nullptr;
  std::uint32_t place_in_parent = 0;
  double busy = 0;              // processor time of turns in which there was something to do
  bool feeding = false;         // it holds the pool's lock
  bool lock_is_wanted = false;  // by the client, who sleeps
  Thread& thread() { return thread_; }
  bool sleeps_long = false;  // who submits wakes it
  std::size_t submitted = 0;

 private:
  struct Child {
    Mailbox* mailbox;
    Share share;
    Batch out;
    bool has_room = false;
    double key = 0;
  };

  std::size_t feed(double& scanned);
  void give(TaskIndex task, std::size_t to);
  void refresh(std::size_t child);
  bool expects() const { return under_way_ != 0; }

  Job& job_;
  std::uint32_t number_;
  Thread& thread_;
  std::deque<TaskIndex> queue_;
  std::vector<Child> children_;
  std::set<std::size_t> idle_;                     // with idle workers
  std::set<std::pair<double, std::size_t>> room_;  // with room, by what they have for each worker
  std::set<std::size_t> to_send_;                  // with a batch
  std::size_t next_ = 0;
  std::size_t seen_ = 0;  // of those submitted
  std::size_t under_way_ = 0;
  Batch up_;
  double stamp_ = -1;  // as a server's
  double came_ = 0;
  BackOff back_off_;
};

// Rank 0's thread that submits, then collects.
class Client {
 public:
  Client(Job& job, Thread& thread) : job_(job), thread_(thread) {}
  Activity run();

  Thread& thread() { return thread_; }
  TaskIndex waits_for = kNone;
  bool sleeps = false;
  static constexpr TaskIndex kNone = ~TaskIndex{0};

 private:
  Job& job_;
  Thread& thread_;
  SpinHabit habit_;
};

class Job {
 public:
  explicit Job(const Plan& plan);
  Outcome run();

  double now() const { return clock.now(); }
  double length_on(TaskIndex task, double slowness) const;
  // The task's result is with rank 0. True: the client sleeps, and is to be woken.
  bool end(TaskIndex task);
  void send(Mailbox& to, Message message);

  const Plan& plan;
  Clock clock;
  std::mt19937_64 random;
  // Of each task.
  std::vector<std::uint8_t> done;     // by a worker
  std::vector<std::uint8_t> watched;  // its end rings its rank's bell
  std::vector<std::uint8_t> ended;    // at rank 0
  std::unique_ptr<Client> client;
  std::unique_ptr<Master> root;
  std::vector<std::unique_ptr<Master>> masters;
  std::vector<std::unique_ptr<Server>> servers;
  Outcome outcome;
  bool over = false;

 private:
  Core& own_core();
  Thread& new_thread(std::size_t place);
  void place_threads();

  std::deque<Core> cores_;
  std::deque<Thread> threads_;
  std::vector<std::pair<Thread*, std::size_t>> placed_;  // where in a placement they stand
  std::vector<float> lengths_;
  std::vector<Activity> activities_;
  std::size_t placement_ = 0;
};

}  // namespace scaling
