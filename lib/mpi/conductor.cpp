#include "lib/mpi/conductor.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <utility>

#include <muster/codec.hpp>
#include <muster/error.hpp>
#include <muster/log.hpp>

#include "lib/common/deadline.hpp"
#include "lib/common/futex.hpp"
#include "lib/common/signals.hpp"
#include "lib/inspect/death_text.hpp"
#include "lib/mpi/cluster_pool.hpp"
#include "lib/mpi/launch.hpp"
#include "lib/mpi/pool_order.hpp"
#include "lib/start/fork_server.hpp"

namespace muster::detail {

namespace {

// A batch is sent when it is so long, or when its first record has waited so long.
constexpr std::size_t kFullBatch = 16 * 1024;
constexpr std::int64_t kBatchWaitsNs = 25'000;
// While there is much to do, deaths are looked for so often.
constexpr std::int64_t kDeathLookNs = 2'000'000;
// Who submits rings the bell where the thread would sleep longer than that.
constexpr std::int64_t kShortSleepNs = 60'000;
// After so long it is said which ranks are waited for.
constexpr std::int64_t kPatienceNs = 5'000'000'000;

std::string no_word_of(const std::string& ranks, std::int64_t after_ns) {
  return "no word of " + ranks + " after " + seconds_text(static_cast<double>(after_ns) * 1e-9) +
         ": every rank is to run this program, and to come to muster::init() or its first "
         "MpiPoolExecutor without calling MPI itself";
}

}  // namespace

Conductor& Conductor::instance() {
  static auto* const one = new Conductor;
  return *one;
}

void Conductor::start() {
  std::unique_lock lock(mutex_);
  if (life_ == Life::unused) {
    prepare();
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
    life_ = Life::starting;
  }
  changed_.wait(lock, [this] { return life_ != Life::starting; });
  if (life_ == Life::failed) std::rethrow_exception(failure_);
  if (life_ == Life::ended) {
    throw InvalidStateError(
        "the program is about to end, and MPI is finalised: no pool can be made");
  }
}

// What fails here is told to the ranks, too: they wait for this one to initialise MPI.
void Conductor::prepare() noexcept {
  try {
    silence_ns_ = silence_limit_ns();
    modules_ = (ForkServer::here() ? ForkServer::modules() : ModuleTable::snapshot()).moved();
    bell_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!bell_) throw Error("cannot make an event for MPI's thread: no descriptors are left");
  } catch (...) {
    failure_ = std::current_exception();
  }
}

bool Conductor::is_used() {
  const std::lock_guard lock(mutex_);
  return life_ != Life::unused;
}

void Conductor::end_at_exit() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(at_exit_, true)) return;
  }
  std::atexit([] { instance().end(); });
}

void Conductor::end() noexcept {
  const bool was_used = is_used();
  if (!was_used && Transport::is_initialized()) {
    return log(LogLevel::error,
               "this program has initialised MPI itself, so Muster's other ranks wait for a word "
               "that never comes, and end when they have heard nothing for a minute: leave "
               "MPI_Init and MPI_Finalize to Muster");
  }
  try {
    start();
  } catch (const std::exception& e) {
    // Who made a pool has been told.
    if (!was_used) log(LogLevel::error, e.what());
  }
  for (const auto& pool : pools_now()) {
    pool->close(false);
    pool->finish();
  }
  post([this] { leaving_ = true; });
  if (thread_.joinable()) thread_.join();
}

std::uint16_t Conductor::add(const std::shared_ptr<ClusterPool>& pool) {
  const std::lock_guard lock(mutex_);
  do {
    ++last_pool_;
  } while (last_pool_ == 0 || pools_.contains(last_pool_));
  pools_.emplace(last_pool_, pool);
  return last_pool_;
}

void Conductor::remove(std::uint16_t pool) {
  const std::lock_guard lock(mutex_);
  pools_.erase(pool);
}

std::vector<std::shared_ptr<ClusterPool>> Conductor::pools_now() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<ClusterPool>> all;
  for (const auto& [number, pool] : pools_) all.push_back(pool);
  return all;
}

bool Conductor::post(std::function<void()> what) {
  {
    const std::lock_guard lock(mutex_);
    if (life_ != Life::running) return false;
    posted_.push_back(std::move(what));
  }
  wake();
  return true;
}

void Conductor::wake() {
  // seq_cst, as the mark in rest(): one of the two sees the other.
  wanted_.fetch_add(1);
  if (!sleeps_.load() || !sleeps_.exchange(false)) return;
  const std::uint64_t one = 1;
  // A failure means that the counter is full, and so that the bell rings already.
  [[maybe_unused]] const ssize_t written = ::write(bell_.get(), &one, sizeof(one));
}

void Conductor::run() {
  ::prctl(PR_SET_NAME, "muster-mpi");
  ::prctl(PR_SET_TIMERSLACK, 1000UL);
  std::exception_ptr failure = failure_;
  try {
    transport_.begin();
    hear_hellos();
    if (failure == nullptr && !refusals_.empty()) {
      failure = std::make_exception_ptr(Error(refusals_));
    }
  } catch (const TransportError& e) {
    failure = std::make_exception_ptr(Error(e.what()));
  } catch (...) {
    failure = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    life_ = failure == nullptr ? Life::running : Life::failed;
    failure_ = failure;
    changed_.notify_all();
  }
  try {
    if (failure == nullptr) loop();
    for (Peer& peer : peers_) {
      if (peer.lost) continue;
      write(peer, {.kind = RecordKind::leave}, true);
      flush(peer);
    }
    const bool all_here = std::ranges::none_of(peers_, [](const Peer& peer) { return peer.lost; });
    if (all_here) transport_.end();
  } catch (const std::exception& e) {
    log(LogLevel::error, std::string("at the end of the program, MPI: ") + e.what());
  }
  std::vector<std::function<void()>> rest;
  {
    const std::lock_guard lock(mutex_);
    if (life_ == Life::running) life_ = Life::ended;
    rest = std::exchange(posted_, {});
  }
  for (const auto& what : rest) what();
  for (auto& [number, reply] : replies_) reply.second->give_up();
}

void Conductor::hear_hellos() {
  peers_.resize(static_cast<std::size_t>(transport_.ranks() - 1));
  const std::int64_t begun = monotonic_ns();
  bool told = false;
  while (true) {
    int from = 0;
    std::span<const std::byte> batch;
    if (transport_.receive(from, batch)) {
      for_each_record(batch, [&](Record& record) {
        if (record.head.kind == RecordKind::hello) take_hello(from, record);
      });
      continue;
    }
    const std::string silent = silent_ranks();
    if (silent.empty()) return;
    const std::int64_t waited = monotonic_ns() - begun;
    if (!told && waited > kPatienceNs) {
      told = true;
      log(LogLevel::warning, no_word_of(silent, waited));
    }
    if (silence_ns_ != 0 && waited > silence_ns_) {
      for (Peer& peer : peers_) peer.lost = peer.host.empty();
      throw Error(no_word_of(silent, waited));
    }
    for (Peer& peer : peers_) {
      if (!peer.host.empty() && peer.heartbeat.is_due(monotonic_ns())) send_beat(peer);
    }
    transport_.progress();
    const timespec pause{0, 100'000};
    ::nanosleep(&pause, nullptr);  // MPI has nothing to sleep on
  }
}

// "": all have said who they are.
std::string Conductor::silent_ranks() const {
  std::string silent;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (!peers_[i].host.empty()) continue;
    silent += (silent.empty() ? "rank " : ", rank ") + std::to_string(i + 1);
  }
  return silent;
}

void Conductor::take_hello(int rank, Record& record) {
  Peer& peer = peers_[static_cast<std::size_t>(rank - 1)];
  peer.rank = rank;
  peer.heartbeat = Heartbeat(silence_ns_);
  Hello hello;
  try {
    Decoder in(record.payload.data(), record.payload.size());
    hello = in.read<Hello>();
  } catch (const EncodingError&) {
    hello.host = "a host that cannot be told";
  }
  peer.host = hello.host.empty() ? "a host without a name" : hello.host;
  peer.pid = static_cast<pid_t>(hello.pid);
  if (hello.boot == boot_id()) {
    peer.pidfd = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0)));
  }
  send_beat(peer);  // for how long this one may be silent, also where that is without end
  const std::string table = differences(marks_of(modules_.size()), hello.modules);
  if (table.empty()) return;
  refusals_ +=
      (refusals_.empty() ? "" : "\n") + peer.place() +
      " does not run what rank 0 runs, so no task can be given to it; start all ranks with "
      "the same program, and load the same libraries before the first pool is made:" +
      table;
}

void Conductor::loop() {
  while (!leaving_) {
    try {
      bool worked = run_posted();
      for (const auto& pool : pools_now()) worked |= pool->feed(peers_);
      worked |= flush(!worked);
      worked |= receive();
      worked |= transport_.progress();
      const std::int64_t now = monotonic_ns();
      if (now - looked_ns_ > kDeathLookNs) {
        looked_ns_ = now;
        look_for_deaths();
      }
      beat(now);
      if (worked) {
        back_off_.worked();
      } else {
        rest();
      }
    } catch (const TransportError& e) {
      if (e.peer() > 0) {
        lose(peers_[static_cast<std::size_t>(e.peer() - 1)], e.what());
      } else {
        lose_all(e.what());
      }
    } catch (const std::exception& e) {
      lose_all(e.what());
    }
  }
}

bool Conductor::run_posted() {
  std::vector<std::function<void()>> now;
  {
    const std::lock_guard lock(mutex_);
    if (posted_.empty()) return false;
    now = std::exchange(posted_, {});
  }
  for (const auto& what : now) what();
  return true;
}

std::byte* Conductor::write(Peer& peer, RecordHead head, bool urgent) {
  if (peer.out.empty()) {
    peer.out.reuse(transport_.spare());
    peer.begun_ns = monotonic_ns();
  }
  peer.urgent |= urgent;
  peer.has_tasks |= head.kind == RecordKind::task || head.kind == RecordKind::noted_task;
  return peer.out.add(head);
}

void Conductor::ask(Peer& peer, std::uint16_t pool, Question what,
                    std::span<const std::byte> arguments, std::shared_ptr<Reply> reply) {
  if (peer.lost) return reply->give_up();
  const QuestionHead head{.what = what};
  const std::uint64_t number = ++last_question_;
  std::byte* const place =
      write(peer,
            {.size = static_cast<std::uint32_t>(sizeof(head) + arguments.size()),
             .kind = RecordKind::ask,
             .pool = pool,
             .id = number},
            true);
  std::memcpy(place, &head, sizeof(head));
  if (!arguments.empty()) std::memcpy(place + sizeof(head), arguments.data(), arguments.size());
  replies_.emplace(number, std::pair(peer.rank, std::move(reply)));
}

// Sends what is due; `all`: there is nothing else to do meanwhile.
bool Conductor::flush(bool all) {
  bool any = false;
  std::int64_t now = 0;
  for (Peer& peer : peers_) {
    if (peer.out.empty() || peer.lost) continue;
    if (!all && !peer.urgent && peer.out.size() < kFullBatch) {
      if (now == 0) now = monotonic_ns();
      if (now - peer.begun_ns < kBatchWaitsNs) continue;
    }
    flush(peer);
    any = true;
  }
  return any;
}

void Conductor::flush(Peer& peer) {
  if (peer.out.empty()) return;
  peer.urgent = false;
  const std::int64_t now = monotonic_ns();
  if (std::exchange(peer.has_tasks, false)) {
    peer.out.add({.kind = RecordKind::stamp, .id = static_cast<std::uint64_t>(now)});
  }
  peer.heartbeat.sent(now);
  transport_.send(peer.rank, peer.out.take());
}

bool Conductor::receive() {
  // A few at a time: those who wait for a place in a batch come first after that.
  constexpr int kMostBatches = 16;
  int from = 0;
  std::span<const std::byte> batch;
  int batches = 0;
  while (batches < kMostBatches && transport_.receive(from, batch)) {
    ++batches;
    Peer& peer = peers_[static_cast<std::size_t>(from - 1)];
    const std::vector<std::shared_ptr<ClusterPool>> pools = pools_now();
    const std::int64_t now = monotonic_ns();
    for (const auto& pool : pools) pool->begin_results();
    for_each_record(batch, [&](Record& record) { take(peer, record, now); });
    for (const auto& pool : pools) pool->end_results(peer, now);
  }
  return batches != 0;
}

void Conductor::take(Peer& peer, Record& record, std::int64_t now_ns) {
  if (record.head.kind == RecordKind::answer) {
    const auto found = replies_.find(record.head.id);
    if (found == replies_.end()) return;
    found->second.second->give(record.payload);
    replies_.erase(found);
    return;
  }
  if (record.head.kind == RecordKind::beat) return;
  if (record.head.kind == RecordKind::echo) {
    return peer.round_trip.took(now_ns - static_cast<std::int64_t>(record.head.id));
  }
  std::shared_ptr<ClusterPool> pool;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pools_.find(record.head.pool);
    if (found != pools_.end()) pool = found->second;
  }
  if (pool != nullptr) return pool->take(peer, record);
  if ((record.head.flags & kFollows) == 0) return;
  if ((record.head.flags & kMeasured) != 0) (void)record.take<double>();
  transport_.receive_in_vain(peer.rank, record.take<std::uint64_t>());
}

void Conductor::look_for_deaths() {
  for (Peer& peer : peers_) {
    if (peer.lost || !peer.pidfd) continue;
    pollfd ended{peer.pidfd.get(), POLLIN, 0};
    if (::poll(&ended, 1, 0) > 0) lose(peer, "its process has ended");
  }
}

// After receive(), so that what has come is not taken for silence.
void Conductor::beat(std::int64_t now_ns) {
  const Heartbeat rhythm(silence_ns_);
  if (!rhythm.is_on() || now_ns - beat_ns_ < rhythm.interval_ns() / 4) return;
  beat_ns_ = now_ns;
  for (Peer& peer : peers_) {
    if (peer.lost) continue;
    if (peer.heartbeat.is_lost(transport_.heard(peer.rank), now_ns)) {
      lose(peer, "nothing was heard of it for " +
                     seconds_text(static_cast<double>(silence_ns_) * 1e-9) +
                     "; the link to its host is down, or that host, or its process was stopped "
                     "(MUSTER_MPI_SILENCE says for how many seconds it may be silent)");
      continue;
    }
    if (!peer.heartbeat.is_due(now_ns)) continue;
    send_beat(peer);
  }
}

void Conductor::send_beat(Peer& peer) {
  std::byte* const place =
      write(peer, {.size = sizeof(silence_ns_), .kind = RecordKind::beat}, true);
  std::memcpy(place, &silence_ns_, sizeof(silence_ns_));
  flush(peer);
}

void Conductor::lose_all(const std::string& why) {
  for (Peer& peer : peers_) {
    if (!peer.lost) lose(peer, why);
  }
}

void Conductor::lose(Peer& peer, const std::string& why) {
  if (std::exchange(peer.lost, true)) return;
  const std::string sentence =
      peer.place() + " (pid " + std::to_string(peer.pid) + ") is lost: " + why +
      ". Results that have come are kept; MPI's launcher is likely to end the whole job now";
  log(LogLevel::error, sentence);
  for (auto it = replies_.begin(); it != replies_.end();) {
    if (it->second.first != peer.rank) {
      ++it;
      continue;
    }
    it->second.second->give_up();
    it = replies_.erase(it);
  }
  transport_.forget(peer.rank);
  for (const auto& pool : pools_now()) pool->lose(sentence);
}

void Conductor::rest() {
  const std::int64_t sleep_ns = back_off_.rest(transport_.moving());
  if (sleep_ns == 0) return cpu_relax();
  // Nothing can come of what is not under way.
  const auto pools = pools_now();
  const bool expects =
      transport_.busy() || !replies_.empty() ||
      std::ranges::any_of(pools, [](const auto& pool) { return pool->expects_results(); });
  const bool is_short = expects && sleep_ns <= kShortSleepNs;
  if (!is_short) {
    sleeps_.store(true);
    const std::uint64_t wanted = wanted_.load();
    if (wanted != seen_) {
      seen_ = wanted;
      sleeps_.store(false);
      return;
    }
  }
  std::vector<pollfd> fds{{bell_.get(), POLLIN, 0}};
  if (!is_short) {
    for (const Peer& peer : peers_) {
      if (peer.pidfd && !peer.lost) fds.push_back({peer.pidfd.get(), POLLIN, 0});
    }
  }
  const timespec span{0, sleep_ns};
  // Where a rank's end is not seen by a pidfd, MPI has to be asked now and then.
  const bool sees_all = std::ranges::all_of(
      peers_, [](const Peer& peer) { return peer.lost || static_cast<bool>(peer.pidfd); });
  const Heartbeat rhythm(silence_ns_);
  const std::int64_t slow_ns = rhythm.is_on() ? rhythm.interval_ns() / 2 : 1'000'000'000;
  const timespec slow{slow_ns / 1'000'000'000, slow_ns % 1'000'000'000};
  const bool looks = rhythm.is_on() || !sees_all;
  const timespec* const time = expects ? &span : looks ? &slow : nullptr;
  const int ready = ::ppoll(fds.data(), fds.size(), time, nullptr);
  sleeps_.store(false);
  if (ready <= 0) return;
  std::uint64_t rung = 0;
  [[maybe_unused]] const ssize_t read = ::read(bell_.get(), &rung, sizeof(rung));
  if (fds[0].revents != 0) back_off_.worked();
  look_for_deaths();
}

}  // namespace muster::detail
