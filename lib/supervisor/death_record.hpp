#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "lib/segments/views.hpp"

namespace muster::detail {

// What the kernel tells of a process that has ended.
struct ExitFacts {
  int exit_code = -1;   // -1: none
  int term_signal = 0;  // 0: none
  bool core_dumped = false;
  // The most memory that it, or one of its children that it has waited for, ever held at a time;
  // 0: not known.
  std::uint64_t max_rss_bytes = 0;
  bool written_off = false;  // it has not ended, and does not end of SIGKILL
};

// Reaps a child that has ended, as its pidfd says. Empty: a process that traces it (ptrace) has not
// waited for it yet, and before that the kernel does not give it to its parent. What cannot be
// waited for has facts that say nothing.
std::optional<ExitFacts> reap_ended(pid_t pid);
// How such a one ended, as /proc tells.
ExitFacts read_end(pid_t pid);

// The ring of death records has one writer, the supervisor: fill the one that next_death() gives,
// then publish it. Readers see it by its number.
DeathRecord& next_death(const FactsView& facts);
// `task`: Hint bits + 1 of what it ran; 0: nothing. `record`: its own; null where it died before it
// had made that its own.
void fill_death(DeathRecord& death, const ExitFacts& exit, std::uint32_t worker, pid_t pid,
                std::uint64_t incarnation, std::uint64_t task, const WorkerRecord* record);
std::uint64_t publish_death(const FactsView& facts, DeathRecord& death);

}  // namespace muster::detail
