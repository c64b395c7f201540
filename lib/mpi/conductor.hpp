#pragma once

// Rank 0's thread for MPI, and what it knows of the ranks that serve. There is one in a process; it
// is started by the first pool, or at the program's end where muster::init() has the ranks wait and
// no pool was made, and tells them to leave when the program ends.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <muster/detail/modules.hpp>

#include "lib/common/file_descriptor.hpp"
#include "lib/mpi/back_off.hpp"
#include "lib/mpi/heartbeat.hpp"
#include "lib/mpi/launch.hpp"
#include "lib/mpi/reply.hpp"
#include "lib/mpi/round_trip.hpp"
#include "lib/mpi/transport.hpp"
#include "lib/mpi/wire.hpp"

namespace muster::detail {

class ClusterPool;

// A rank that serves.
struct Peer {
  int rank = 0;
  std::string host;
  pid_t pid = 0;
  FileDescriptor pidfd;  // where it is a process of this machine
  Heartbeat heartbeat;
  RoundTrip round_trip;
  bool lost = false;
  BatchWriter out;
  std::int64_t begun_ns = 0;  // when `out` was empty last
  bool urgent = false;        // `out` is not to wait for more
  bool has_tasks = false;     // `out` has

  std::string place() const { return "rank " + std::to_string(rank) + " on " + host; }
};

class Conductor {
 public:
  // Never destroyed.
  static Conductor& instance();

  // Initialises MPI and hears of all ranks, once. Throws Error that says which rank does not fit.
  void start();
  // start() was called.
  bool is_used();
  // Has end() called when the program ends.
  void end_at_exit();
  // Ends what is under way, tells the ranks to leave, and finalises MPI.
  void end() noexcept;

  // The modules that all ranks have. After start().
  const ModuleTable& modules() const { return modules_; }
  // Constant after start(), but for what the thread alone touches.
  std::vector<Peer>& peers() { return peers_; }

  std::uint16_t add(const std::shared_ptr<ClusterPool>& pool);
  void remove(std::uint16_t pool);

  // Any thread: has the thread call it. Not after end(): then it answers false.
  bool post(std::function<void()> what);
  // There is something to do.
  void wake();

  // The thread alone.
  void ask(Peer& peer, std::uint16_t pool, Question what, std::span<const std::byte> arguments,
           std::shared_ptr<Reply> reply);
  Transport& transport() { return transport_; }
  // Room in the peer's batch; `urgent`: it is not to wait for more.
  std::byte* write(Peer& peer, RecordHead head, bool urgent);

 private:
  Conductor() = default;
  ~Conductor() = default;

  void prepare() noexcept;
  void run();
  void hear_hellos();
  std::string silent_ranks() const;
  void take_hello(int rank, Record& record);
  void loop();
  bool run_posted();
  bool flush(bool all);
  void flush(Peer& peer);
  bool receive();
  void take(Peer& peer, Record& record, std::int64_t now_ns);
  void look_for_deaths();
  void beat(std::int64_t now_ns);
  void send_beat(Peer& peer);
  void lose(Peer& peer, const std::string& why);
  void lose_all(const std::string& why);
  void rest();
  std::vector<std::shared_ptr<ClusterPool>> pools_now();

  enum class Life { unused, starting, running, failed, ended };

  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  Life life_ = Life::unused;
  std::exception_ptr failure_;
  std::vector<std::function<void()>> posted_;
  std::map<std::uint16_t, std::shared_ptr<ClusterPool>> pools_;
  std::uint16_t last_pool_ = 0;
  bool at_exit_ = false;

  std::atomic<bool> sleeps_{false};
  std::atomic<std::uint64_t> wanted_{0};  // times that somebody has woken it
  FileDescriptor bell_;
  std::thread thread_;

  // The thread's alone, or constant after start().
  ModuleTable modules_;
  Transport transport_;
  std::vector<Peer> peers_;
  std::string refusals_;
  std::unordered_map<std::uint64_t, std::pair<int, std::shared_ptr<Reply>>> replies_;
  std::uint64_t last_question_ = 0;
  std::uint64_t seen_ = 0;  // of wanted_
  std::int64_t looked_ns_ = 0;
  std::int64_t silence_ns_ = kUsualSilenceNs;  // after which a rank is lost; constant after start()
  std::int64_t beat_ns_ = 0;                   // when the ranks' heartbeats were looked at last
  bool leaving_ = false;
  BackOff back_off_;
};

}  // namespace muster::detail
