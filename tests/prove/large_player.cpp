#include "prove/large_player.hpp"

#include <csignal>
#include <string_view>

#include "support/proc.hpp"

namespace prove {

LargeTask LargePlayer::take(std::uint64_t words) {
  return {.ticket = {.index = ledger().take()}, .words = words};
}

Pidfd LargePlayer::worker_of(const LargeTask& task, std::size_t attempt) const {
  const pid_t pid = entry(task).begun_by[attempt].load();
  Pidfd worker = pid == 0 ? Pidfd() : Pidfd(pid);
  // A number that changed hands has another parent.
  if (worker && test_support::parent_of(pid) == round_.memory.supervisor()) return worker;
  return {};
}

bool LargePlayer::kill(const Pidfd& worker) {
  constexpr std::int64_t kPatienceNs = 60'000'000'000;
  if (!worker.lives() || round_.killed.has(worker.pid())) return false;
  round_.killed.add(worker.pid(), SIGKILL);
  if (!worker.signal(SIGKILL)) return false;
  if (!worker.ends_by(muster::detail::monotonic_ns() + kPatienceNs)) {
    round_.verdict.broken(Fault::hung, fmt::format("large data: worker {} was killed and has not "
                                                   "ended for a minute",
                                                   worker.pid()));
  }
  return true;
}

bool LargePlayer::ran(const muster::Future<void>& future, const LargeTask& task, unsigned retries) {
  try {
    const Watch::Waiting waiting(round_.watch, seat_, task.ticket.index);
    future.result();
    return true;
  } catch (...) {
    note_failure(task, retries);
    return false;
  }
}

void LargePlayer::note_failure(const LargeTask& task, unsigned retries) {
  const std::uint32_t ticket = task.ticket.index;
  try {
    throw;
  } catch (const muster::WorkerDiedError& error) {
    const unsigned attempts = 1 + retries;
    if (attempts > 1 &&
        std::string_view(error.what()).find(fmt::format(", attempt {0} of {0})", attempts)) ==
            std::string_view::npos) {
      wrong(Fault::lost, ticket, fmt::format("it had attempts left: {}", error.what()));
    }
    if (!round_.killed.has(error.worker_pid()) || error.term_signal() != SIGKILL) {
      wrong(Fault::lost, ticket, fmt::format("nobody has killed its worker so: {}", error.what()));
    }
    // Each attempt has begun, so it is the last one's that it died with.
    const pid_t last = entry(task).begun_by[retries].load();
    if (entry(task).begun() == attempts && error.worker_pid() != last) {
      wrong(Fault::wrong, ticket,
            fmt::format("its last attempt ran on the worker with pid {}: {}", last, error.what()));
    }
  } catch (const std::exception& error) {
    wrong(Fault::lost, ticket, fmt::format("it came to \"{}\"", error.what()));
  }
}

void LargePlayer::look_at_attempts(const LargeTask& task, unsigned retries) {
  const std::uint32_t begun = entry(task).begun();
  if (begun > 1 + retries) {
    wrong(Fault::duplicated, task.ticket.index,
          fmt::format("it may run {} times at most, and began {} times", 1 + retries, begun));
  }
  for (std::uint32_t i = 0; i + 1 < begun; ++i) {
    const pid_t pid = entry(task).begun_by[i].load();
    if (round_.killed.has(pid, entry(task).begun_ns[i + 1].load())) continue;
    wrong(Fault::duplicated, task.ticket.index,
          fmt::format("it was run again though its worker {} had not died", pid));
  }
}

bool LargePlayer::are_right(std::uint32_t ticket, std::uint64_t words,
                            std::span<const std::uint64_t> found, const std::string& what,
                            std::uint64_t round) {
  round_.totals.bytes += found.size_bytes();
  const std::size_t right = right_words(ticket, found, round);
  if (right == found.size() && found.size() == words) return true;
  wrong(Fault::wrong, ticket,
        fmt::format("{}: of {} words it has {}, and the first {} are right", what, words,
                    found.size(), right));
  return false;
}

}  // namespace prove
