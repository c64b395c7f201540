#include "prove/ends_round.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "lib/common/signals.hpp"
#include "lib/common/ticks.hpp"
#include "lib/inspect/held_segments.hpp"
#include "lib/inspect/processes.hpp"
#include "prove/ends_client.hpp"
#include "prove/ends_words.hpp"
#include "prove/pause.hpp"
#include "prove/pool_processes.hpp"

namespace prove {

using muster::detail::monotonic_ns;

namespace {

// What has not ended by then hangs.
constexpr std::int64_t kPatienceNs = 60'000'000'000;

std::int64_t patience() { return monotonic_ns() + kPatienceNs; }

class Round {
 public:
  Round(std::uint64_t seed, std::uint64_t number, const OwnFolders& folders, EndsTotals& totals)
      : number_(number),
        folders_(folders),
        totals_(totals),
        plan_(draw(seed, number)),
        pool_(fmt::format("ends-{}-{}", ::getpid(), number)),
        client_(folders, seed, number, pool_),
        processes_(client_.process().pid()) {}

  void run() {
    if (reach_phase()) {
      stop_workers();
      for (const Step& step : plan_.steps) take(step);
      let_end();
      look_for_leftovers();
    }
    ++totals_.rounds;
    ++totals_.by_phase[static_cast<std::size_t>(plan_.phase)];
    ++totals_.by_order[order_name(ended_)];
  }

 private:
  static Plan draw(std::uint64_t seed, std::uint64_t number) {
    Random random(seed, number, 0);
    return draw_plan(random);
  }

  // False: it is not reached, which was told of.
  bool reach_phase() {
    if (client_.hear(patience()) != kStarting) return broken_start();
    if (plan_.phase != Phase::starting) {
      if (client_.hear(patience()) != kReady) return broken_start();
      processes_.look();
    }
    pause_for(plan_.lead_ns);
    if (plan_.phase == Phase::ending) {
      client_.tell(kEndPool);
      told_to_end_ = true;
    }
    return true;
  }

  bool broken_start() {
    broken(EndFault::wrong, "the client, to which nothing was done yet, did not make its pool");
    return false;
  }

  // One that was just forked has its supervisor's name still, and has not asked for the kernel's
  // signal yet. Stopped there, nobody ends it if client and supervisor are both killed.
  static bool is_set_up(const Pidfd& worker) {
    const auto info = muster::detail::read_process(worker.pid());
    return info && !info->command.starts_with("muster:");
  }

  void stop_workers() {
    if (plan_.phase == Phase::starting) return;
    for (std::size_t i = 0; i < processes_.workers().size(); ++i) {
      const Pidfd& worker = processes_.workers()[i];
      if ((plan_.stopped >> i & 1) == 0 || !is_set_up(worker)) continue;
      if (!worker.signal(SIGSTOP)) continue;
      stopped_.emplace_back(worker.pid());
      ++totals_.stops;
    }
  }

  void take(const Step& step) {
    pause_for(step.after_ns);
    if (!end(step)) {
      ++totals_.misses;
      return;
    }
    ended_.push_back(step.role);
    ++totals_.kills;
    ++totals_.by_means[fmt::format("{} by {}", kRoleNames[static_cast<std::size_t>(step.role)],
                                   kMeansNames[static_cast<std::size_t>(step.means)])];
  }

  // False: who is meant is not there.
  bool end(const Step& step) {
    const bool looks = plan_.phase == Phase::starting || plan_.looks_again;
    if (step.role == Role::client) return end_client(step.means);
    if (looks) processes_.look();
    if (step.role == Role::supervisor) {
      supervisor_killed_ = processes_.supervisor().signal(SIGKILL);
      return supervisor_killed_;
    }
    return processes_.take_worker(step.worker).signal(SIGKILL);
  }

  bool end_client(Means means) {
    // One that ends its pool already listens no more.
    if (told_to_end_ && means > Means::terminate) means = Means::kill;
    means_ = means;
    const char* const words = "\0\0xqa";
    if (!client_.process().lives()) return false;
    if (means == Means::kill || means == Means::terminate) {
      if (!client_.process().signal(means == Means::kill ? SIGKILL : SIGTERM)) return false;
    } else {
      client_.tell(words[static_cast<std::size_t>(means)]);
    }
    client_ended_ = true;
    return true;
  }

  // It ends its pool in order, if it can.
  bool client_goes_in_order() const { return !client_ended_ || means_ == Means::exit; }

  void let_end() {
    if (!client_goes_in_order()) return;
    // Whose tasks wait for it, and who was not killed.
    for (const Pidfd& worker : stopped_) worker.signal(SIGCONT);
    if (!client_ended_ && !told_to_end_) client_.tell(kEndPool);
  }

  void look_for_leftovers() {
    const std::int64_t deadline = patience();
    if (!client_.all_leave(deadline)) return tell_of_left();
    look_for_memory();
    // Nobody is there to end what tasks have started. What else is left is on its way out.
    if (supervisor_killed_ && !client_goes_in_order()) end_orphans();
    if (!client_.all_end(deadline)) return tell_of_left();
    look_at_status();
    for (const std::string& file : folders_.left(pool_)) {
      broken(EndFault::file, fmt::format("there is a file {}", file));
    }
    folders_.clear();
  }

  // Whoever is still there and was not the pool's own must not have its memory.
  void look_for_memory() {
    std::error_code error;
    for (const auto& process : muster::detail::living_processes(false, error)) {
      const auto held = muster::detail::segments_held_by(process.pid);
      if (!held || !held->contains(pool_)) continue;
      broken(EndFault::memory,
             fmt::format("process {} {} holds the pool's memory", process.pid, process.command));
    }
    if (error) broken(EndFault::wrong, fmt::format("/proc cannot be read: {}", error.message()));
  }

  void end_orphans() {
    for (const auto& member : client_.members()) {
      if (member.state == 'Z' || member.group == member.pid) continue;
      if (member.command == kTasksChild) ++totals_.orphans;
      ::kill(member.pid, SIGKILL);
    }
  }

  void look_at_status() {
    const int status = *client_.status();
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    const int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    const std::map<int, EndFault> left{{kLeftMemory, EndFault::memory},
                                       {kLeftProcess, EndFault::process},
                                       {kLeftZombie, EndFault::zombie}};
    if (const auto fault = left.find(code); fault != left.end()) {
      return broken(fault->second, "the client has more than before the pool");
    }
    if (code == kWrong) return broken(EndFault::wrong, "the client was answered wrongly");
    const auto [wanted_code, wanted_signal] = wanted_end();
    // One who was killed at the last moment may have come to its end before.
    if (code == wanted_code && number == wanted_signal) return;
    if (told_to_end_ && code == 0) return;
    broken(EndFault::wrong, number != 0 ? fmt::format("the client was ended by {}",
                                                      muster::detail::signal_name(number))
                                        : fmt::format("the client exited with {}", code));
  }

  // Exit code, signal.
  std::pair<int, int> wanted_end() const {
    if (!client_ended_) return {0, 0};
    switch (means_) {
      case Means::kill: return {-1, SIGKILL};
      case Means::terminate: return {-1, SIGTERM};
      case Means::exit: return {kExitCode, 0};
      case Means::quick_exit: return {kQuickExitCode, 0};
      case Means::abort: return {-1, SIGABRT};
    }
    return {0, 0};
  }

  void tell_of_left() {
    const auto members = client_.members();
    bool client_lives = false;
    bool only_zombies = true;
    std::string who;
    for (const auto& member : members) {
      client_lives |= member.pid == client_.process().pid() && member.state != 'Z';
      only_zombies &= member.state == 'Z';
      who += fmt::format("{}{} {} ({})", who.empty() ? "" : ", ", member.pid, member.command,
                         member.state);
    }
    const std::string since =
        fmt::format("after {} s there are {}", kPatienceNs / 1'000'000'000, who);
    broken(client_lives   ? EndFault::hung
           : only_zombies ? EndFault::zombie
                          : EndFault::process,
           since);
  }

  void broken(EndFault fault, const std::string& what) {
    ++totals_.faults[static_cast<std::size_t>(fault)];
    std::string killed;
    for (const Role role : ended_) {
      killed += fmt::format("{}{}", killed.empty() ? "" : ", ",
                            kRoleNames[static_cast<std::size_t>(role)]);
    }
    totals_.sentences.push_back(fmt::format(
        "round {} ({}; killed while the client {}: {}{}): {}; {}\n{}", number_,
        kEndFaultNames[static_cast<std::size_t>(fault)],
        kPhaseNames[static_cast<std::size_t>(plan_.phase)], killed.empty() ? "nobody" : killed,
        client_ended_
            ? fmt::format("; the client by {}", kMeansNames[static_cast<std::size_t>(means_)])
            : "",
        what, "it had said:", client_.output()));
  }

  const std::uint64_t number_;
  const OwnFolders& folders_;
  EndsTotals& totals_;
  const Plan plan_;
  const std::string pool_;
  EndsClient client_;
  PoolProcesses processes_;
  std::vector<Pidfd> stopped_;
  std::vector<Role> ended_;
  Means means_ = Means::kill;  // of the client, if it was ended
  bool client_ended_ = false;
  bool supervisor_killed_ = false;
  bool told_to_end_ = false;
};

}  // namespace

void run_ends_round(std::uint64_t seed, std::uint64_t number, const OwnFolders& folders,
                    EndsTotals& totals) {
  Round(seed, number, folders, totals).run();
}

}  // namespace prove
