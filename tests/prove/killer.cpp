#include "prove/killer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "lib/common/ticks.hpp"
#include "lib/segments/memfd.hpp"
#include "prove/pause.hpp"
#include "prove/pidfd.hpp"

namespace prove {

namespace {

using muster::detail::FileDescriptor;

// What must be a part of the kills, in thousandths. More than is promised, for good measure.
constexpr std::uint64_t kShare = 12;
// Each kind of instant but the start, of which there is always enough.
constexpr std::array kWanted{Doing::idle,    Doing::parking,    Doing::claiming, Doing::claimed,
                             Doing::running, Doing::publishing, Doing::sweeping, Doing::between};

// A worker that cannot become another process while we look at it.
class Victim {
 public:
  // Empty where there is no such worker now.
  Victim(const PoolMemory& memory, std::uint32_t worker) : process_(memory.worker(worker)) {
    if (!process_) return;
    // Its number was not given to another one before it was opened.
    const std::string stat = read_stat();
    const std::size_t end = stat.rfind(')');
    if (end == std::string::npos || memory.worker(worker) != pid() ||
        std::stol(stat.substr(std::min(stat.size(), end + 4))) != memory.supervisor()) {
      process_ = Pidfd();
    }
  }

  explicit operator bool() const { return static_cast<bool>(process_); }
  pid_t pid() const { return process_.pid(); }
  bool send(int signal) const { return process_.signal(signal); }
  // After SIGSTOP. False: it has ended instead, or somebody lets it go on.
  bool wait_until_stopped() const {
    const std::int64_t end = muster::detail::monotonic_ns() + 200'000'000;
    while (muster::detail::monotonic_ns() < end) {
      const std::string stat = read_stat();
      const std::size_t at = stat.rfind(')');
      if (at == std::string::npos || at + 2 >= stat.size()) return false;
      if (stat[at + 2] == 'T') return true;
      if (stat[at + 2] == 'Z' || stat[at + 2] == 'X') return false;
      ::sched_yield();
    }
    return false;
  }

 private:
  std::string read_stat() const {
    const std::string path = "/proc/" + std::to_string(pid()) + "/stat";
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 512> text;
    const ssize_t size = file ? ::read(file.get(), text.data(), text.size()) : -1;
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "";
  }

  Pidfd process_;
};

}  // namespace

bool Killer::is_rare(Doing doing) const {
  const std::uint64_t all = counts_.all(ledger().all_own_ends());
  return counts_.by_doing[static_cast<std::size_t>(doing)] * 1000 < (all + 50) * kShare;
}

Killer::Stopped Killer::stop_and_kill(std::uint32_t worker, bool only_rare) {
  const Victim victim(memory_, worker);
  if (!victim || !victim.send(SIGSTOP)) return Stopped::gone;
  ++counts_.stops;
  if (!victim.wait_until_stopped()) {
    victim.send(SIGCONT);
    return Stopped::gone;
  }
  const Doing doing = states_.look(worker, victim.pid());
  if (only_rare ? !is_rare(doing) : !is_rare(doing) && random_.percent(40)) {
    if (random_.percent(5)) pause_for(1'000'000);  // others meet one that does not go on
    victim.send(SIGCONT);
    return Stopped::spared;
  }
  killed_.add(victim.pid());
  int signal = SIGKILL;
  // These act once it goes on, in the very place: its crash handler runs there.
  if (random_.percent(15)) signal = random_.percent(50) ? SIGSEGV : SIGABRT;
  victim.send(signal);
  if (signal != SIGKILL) victim.send(SIGCONT);
  ++counts_.by_doing[static_cast<std::size_t>(doing)];
  counts_.add_signal(signal);
  return Stopped::killed;
}

bool Killer::kill_async(std::uint32_t worker) {
  constexpr std::array kSignals{SIGKILL, SIGKILL, SIGSEGV, SIGABRT};
  const int signal = kSignals[random_.below(kSignals.size())];
  const Victim victim(memory_, worker);
  if (!victim) return false;
  killed_.add(victim.pid());
  if (!victim.send(signal)) return false;
  ++counts_.async;
  counts_.add_signal(signal);
  return true;
}

// Where chance has not brought enough of some kind, several are stopped, and only those are killed.
// Under some loads none will be found; there are others.
bool Killer::kill_rarest() {
  constexpr int kAttempts = 20;
  for (int i = 0; i < kAttempts; ++i) {
    if (stop_and_kill(any_worker(), true) == Stopped::killed) return true;
    pause_for(random_.below(100'000));
  }
  return false;
}

bool Killer::kill_one() {
  if (random_.percent(20)) return kill_async(any_worker());
  if (std::any_of(kWanted.begin(), kWanted.end(), [this](Doing d) { return is_rare(d); }) &&
      kill_rarest()) {
    // All others look through the slots now.
    if (is_rare(Doing::sweeping)) {
      pause_for(random_.below(60'000));
      stop_and_kill(any_worker(), true);
    }
    return true;
  }
  return stop_and_kill(any_worker(), false) == Stopped::killed;
}

}  // namespace prove
