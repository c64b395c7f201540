#include "lib/supervisor/death_record.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "lib/common/small_file.hpp"
#include "lib/common/ticks.hpp"

namespace muster::detail {

namespace {

ExitFacts facts_from(int status) {
  ExitFacts facts;
  if (WIFEXITED(status)) facts.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) {
    facts.term_signal = WTERMSIG(status);
    facts.core_dumped = WCOREDUMP(status);
  }
  return facts;
}

}  // namespace

std::optional<ExitFacts> reap_ended(pid_t pid) {
  int status = 0;
  rusage usage{};
  pid_t got = 0;
  do {
    got = ::wait4(pid, &status, __WALL | WNOHANG, &usage);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return std::nullopt;
  if (got != pid) return ExitFacts{};
  ExitFacts facts = facts_from(status);
  facts.max_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // told in KiB
  return facts;
}

ExitFacts read_end(pid_t pid) {
  // The last field but those that may be added: "pid (name) state ... exit_code", proc(5).
  constexpr int kFieldsBetween = 48;  // of the state and the exit code
  const std::string text = read_small_file("/proc/" + std::to_string(pid) + "/stat");
  std::string_view rest = behind_name(text);
  if (rest.empty()) return {};
  rest.remove_prefix(1);  // the state
  for (int i = 0; i < kFieldsBetween; ++i) {
    const std::size_t space = rest.find(' ', 1);
    if (space == std::string_view::npos) return {};
    rest.remove_prefix(space);
  }
  const auto status = take_number(rest);
  return status ? facts_from(static_cast<int>(*status)) : ExitFacts{};
}

DeathRecord& next_death(const FactsView& facts) {
  const std::uint64_t count = facts.facts().deaths.load();
  DeathRecord& death = facts.facts().death[count % kDeaths];
  death.number.store(0);  // a reader that is still at the one it replaces sees it vanish
  death.requeued = 0;
  return death;
}

void fill_death(DeathRecord& death, const ExitFacts& exit, std::uint32_t worker, pid_t pid,
                std::uint64_t incarnation, std::uint64_t task, const WorkerRecord* record) {
  death.worker = worker;
  death.pid = static_cast<std::uint32_t>(pid);
  death.incarnation = incarnation;
  death.task = task;
  death.exit_code = exit.exit_code;
  death.term_signal = exit.term_signal;
  death.core_dumped = exit.core_dumped ? 1 : 0;
  death.written_off = exit.written_off ? 1 : 0;
  death.out_of_memory = 0;
  death.max_rss_bytes = exit.max_rss_bytes;
  death.at_ticks = ticks_now();
  death.name = 0;
  death.ran_for_ticks = 0;
  death.chunk_region = 0;
  death.chunk_items = 0;
  death.phase = WorkerPhase::starting;
  death.crash.signal.store(0);
  death.crash.frames = 0;
  if (record == nullptr) return;
  death.phase = record->phase.load();
  // Acquire pairs with the crash handler's release: the fields are there if the signal is.
  const std::int32_t signal = record->crash.signal.load(std::memory_order_acquire);
  // One that died between its claim and its note of it has a start there that is another task's, or
  // its predecessor's.
  if (record->current.load() == task) {
    const std::uint64_t started = record->started_ticks.load();
    std::uint64_t ended = ticks_now();
    // As the worker says, where that can be.
    const std::uint64_t crashed = record->crash.at_ticks;
    if (signal != 0 && crashed >= started && crashed <= ended) ended = crashed;
    death.ran_for_ticks = ended - started;
  }
  death.chunk_region = record->chunk_region.load();
  death.chunk_items = record->chunk_items.load();
  if (signal == 0) return;
  death.crash.code = record->crash.code;
  death.crash.address = record->crash.address;
  death.crash.sender = record->crash.sender;
  death.crash.frames = std::min<std::uint32_t>(record->crash.frames, kFrames);
  std::memcpy(death.crash.frame, record->crash.frame, sizeof(death.crash.frame));
  death.crash.signal.store(signal);
}

std::uint64_t publish_death(const FactsView& facts, DeathRecord& death) {
  const std::uint64_t number = facts.facts().deaths.load() + 1;
  // Release pairs with the reader's acquire of number.
  death.number.store(number, std::memory_order_release);
  facts.facts().deaths.store(number, std::memory_order_release);
  return number;
}

}  // namespace muster::detail
