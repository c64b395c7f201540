#include "prove/killer.hpp"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/common/file_descriptor.hpp"
#include "lib/common/ticks.hpp"
#include "prove/pause.hpp"
#include "prove/pidfd.hpp"
#include "prove/walk.hpp"

namespace prove {

namespace {

using muster::detail::FileDescriptor;

// What must be a part of the kills, in thousandths. More than is promised, for good measure.
constexpr std::uint64_t kShare = 12;
// Each kind of instant but the start, of which there is always enough.
constexpr std::array kWanted{Doing::idle,    Doing::parking,    Doing::claiming, Doing::claimed,
                             Doing::running, Doing::publishing, Doing::sweeping, Doing::between};

// Those that a worker can be walked to (WorkerStates::written_before).
constexpr std::array kWalkedTo{Doing::claiming, Doing::claimed, Doing::publishing, Doing::sweeping};
// Instructions behind their first: they are not longer by much.
constexpr unsigned kMostFurther = 40;
// Workers stopped together.
constexpr std::size_t kMostAtOnce = 3;

}  // namespace

// A worker that cannot become another process while we look at it.
class Killer::Victim {
 public:
  // Empty where there is no such worker now.
  Victim(const PoolMemory& memory, std::uint32_t worker)
      : worker_(worker), process_(memory.worker(worker)) {
    if (!process_) return;
    const std::string path = "/proc/" + std::to_string(pid()) + "/stat";
    stat_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    // Its number was not given to another one before it was opened.
    const std::string stat = read_stat();
    const std::size_t end = stat.rfind(')');
    if (end == std::string::npos || memory.worker(worker) != pid() ||
        std::stol(stat.substr(std::min(stat.size(), end + 4))) != memory.supervisor()) {
      process_ = Pidfd();
    }
  }
  // One that was stopped goes on, with what it was sent meanwhile.
  ~Victim() {
    if (stopped_) send(SIGCONT);
  }
  Victim(Victim&& other) noexcept
      : worker_(other.worker_),
        process_(std::move(other.process_)),
        stat_(std::move(other.stat_)),
        stopped_(std::exchange(other.stopped_, false)) {}
  Victim& operator=(Victim&&) = delete;

  explicit operator bool() const { return static_cast<bool>(process_); }
  std::uint32_t worker() const { return worker_; }
  pid_t pid() const { return process_.pid(); }
  bool lives() const { return process_.lives(); }
  bool send(int signal) const { return process_.signal(signal); }
  // False: it is gone. It stops when it gets a processor next.
  bool stop() {
    stopped_ = process_ && send(SIGSTOP);
    return stopped_;
  }
  // False: it has ended instead, or somebody lets it go on.
  bool wait_until_stopped() const {
    constexpr timespec kPause{0, 15'000};
    const std::int64_t end = muster::detail::monotonic_ns() + 200'000'000;
    while (muster::detail::monotonic_ns() < end) {
      const std::string stat = read_stat();
      const std::size_t at = stat.rfind(')');
      if (at == std::string::npos || at + 2 >= stat.size()) return false;
      if (stat[at + 2] == 'T') return true;
      if (stat[at + 2] == 'Z' || stat[at + 2] == 'X') return false;
      ::nanosleep(&kPause, nullptr);
    }
    return false;
  }

 private:
  std::string read_stat() const {
    std::array<char, 512> text;
    const ssize_t size = stat_ ? ::pread(stat_.get(), text.data(), text.size(), 0) : -1;
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "";
  }

  std::uint32_t worker_;
  Pidfd process_;
  FileDescriptor stat_;
  bool stopped_ = false;
};

bool Killer::is_rare(Doing doing) const {
  const std::uint64_t all = counts_.all(ledger().all_own_ends());
  return counts_.by_doing[static_cast<std::size_t>(doing)] * 1000 < (all + 50) * kShare;
}

std::optional<Doing> Killer::rare_one(std::span<const Doing> doings) const {
  std::array<Doing, kDoings> rare{};
  std::size_t count = 0;
  for (const Doing doing : doings) {
    if (is_rare(doing)) rare[count++] = doing;
  }
  if (count == 0) return std::nullopt;
  return rare[random_.below(count)];
}

Killer::Stopped Killer::look_and_kill(Victim victim, bool only_rare, bool may_walk) {
  if (!victim.wait_until_stopped()) return Stopped::gone;
  Doing doing = states_.look(victim.worker(), victim.pid());
  std::optional<Walk> walk;
  const auto wanted = rare_one(kWalkedTo);
  // One that sleeps comes nowhere soon.
  const bool near = doing != Doing::starting && doing != Doing::idle;
  if (wanted && near && may_walk && Walk::possible() && !is_rare(doing)) {
    walk.emplace(states_, victim.worker(), victim.pid());
    // Whoever is traced now and lives is this worker still: its number is no other's.
    if (victim.lives()) doing = walk->go(*wanted, random_.below(kMostFurther));
    if (walk->ended() || !victim.lives()) return Stopped::gone;
    ++counts_.walks;
    if (doing == *wanted) ++counts_.arrivals;
  }
  const unsigned spared = doing == Doing::starting ? 80 : 40;
  if (only_rare ? !is_rare(doing) : !is_rare(doing) && random_.percent(spared)) {
    if (random_.percent(5)) pause_for(1'000'000);  // others meet one that does not go on
    return Stopped::spared;
  }
  int signal = SIGKILL;
  // These act once it goes on, in the very place: its crash handler runs there.
  if (random_.percent(15)) signal = random_.percent(50) ? SIGSEGV : SIGABRT;
  killed_.add(victim.pid(), signal);
  if (walk && signal == SIGKILL) {
    walk->kill();
  } else {
    victim.send(signal);
  }
  ++counts_.by_doing[static_cast<std::size_t>(doing)];
  counts_.add_signal(signal);
  return Stopped::killed;
}

// Some of the workers, together: each waits for a processor before it stops, and they do so at the
// same time.
Killer::Stopped Killer::stop_and_kill(std::size_t most, bool only_rare) {
  std::vector<std::uint32_t> workers(memory_.geometry().workers);
  std::iota(workers.begin(), workers.end(), 0U);
  for (std::size_t i = workers.size(); i > 1; --i) {
    std::swap(workers[i - 1], workers[random_.below(i)]);
  }
  std::vector<Victim> victims;
  for (const std::uint32_t worker : workers) {
    if (victims.size() == most) break;
    Victim victim(memory_, worker);
    if (!victim.stop()) continue;
    ++counts_.stops;
    victims.push_back(std::move(victim));
  }
  Stopped how = Stopped::gone;
  for (std::size_t i = 0; i < victims.size(); ++i) {
    // The others go on while one walks.
    const Stopped one = look_and_kill(std::move(victims[i]), only_rare, i + 1 == victims.size());
    if (how != Stopped::killed && one != Stopped::gone) how = one;
  }
  return how;
}

bool Killer::kill_async(std::uint32_t worker) {
  constexpr std::array kSignals{SIGKILL, SIGKILL, SIGSEGV, SIGABRT};
  const int signal = kSignals[random_.below(kSignals.size())];
  const Victim victim(memory_, worker);
  if (!victim) return false;
  killed_.add(victim.pid(), signal);
  if (!victim.send(signal)) return false;
  ++counts_.async;
  counts_.add_signal(signal);
  return true;
}

// Stopped and let go on, several times in a row, wherever they are.
void Killer::shake() {
  constexpr int kTimes = 8;
  for (int i = 0; i < kTimes; ++i) {
    Victim victim(memory_, any_worker());
    if (!victim.stop()) continue;
    ++counts_.stops;
    pause_for(random_.below(50'000));
  }
}

// Where chance has not brought enough of some kind, several are stopped, and only those are killed.
// Under some loads none will be found; there are others.
bool Killer::kill_rarest() {
  constexpr int kAttempts = 6;
  for (int i = 0; i < kAttempts; ++i) {
    if (stop_and_kill(kMostAtOnce, true) == Stopped::killed) return true;
    pause_for(random_.below(100'000));
  }
  return false;
}

bool Killer::kill_one() {
  if (random_.percent(2)) shake();
  if (random_.percent(20)) return kill_async(any_worker());
  if (rare_one(kWanted) && random_.percent(50) && kill_rarest()) {
    // All others look through the slots now.
    if (is_rare(Doing::sweeping)) {
      pause_for(random_.below(60'000));
      stop_and_kill(kMostAtOnce, true);
    }
    return true;
  }
  return stop_and_kill(1 + random_.below(kMostAtOnce), false) == Stopped::killed;
}

}  // namespace prove
