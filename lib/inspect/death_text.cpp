#include "lib/inspect/death_text.hpp"

#include <signal.h>

#include <algorithm>
#include <cstdio>

#include "lib/common/signals.hpp"
#include "lib/common/symbols.hpp"

namespace muster::detail {

namespace {

// SI_KERNEL: the processor does not say where, as for an address that is none.
bool has_address(const CrashRecord& crash, int signal) {
  return crash.code > 0 && crash.code != SI_KERNEL &&
         (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE);
}

// "", or who has sent the signal. abort() sends one too, and that goes without saying.
std::string sender_text(const CrashRecord& crash, int signal, pid_t worker) {
  if (crash.code > 0 || crash.sender == 0) return {};
  if (crash.sender != static_cast<std::uint32_t>(worker)) {
    return "sent by pid " + std::to_string(crash.sender);
  }
  return signal == SIGABRT ? "" : "sent by itself";
}

std::string memory_text(std::uint64_t bytes) {
  char text[48];
  std::snprintf(text, sizeof(text), "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  return text;
}

// What one did that ran no task.
const char* idle_text(WorkerPhase phase) {
  switch (phase) {
    case WorkerPhase::starting: return " while it started, in its initializer if it has one";
    case WorkerPhase::ending: return " while it ended, in its finalizer if it has one";
    case WorkerPhase::destroying:
      return " while it ended, in the destructor of what its tasks made by this_worker::local()";
    default: return " while running no task";
  }
}

}  // namespace

std::string seconds_text(double seconds) {
  char text[48];
  if (seconds >= 1) {
    std::snprintf(text, sizeof(text), "%.1f s", seconds);
  } else if (seconds >= 1e-3) {
    std::snprintf(text, sizeof(text), "%.1f ms", seconds * 1e3);
  } else if (seconds >= 1e-6 || seconds <= 0) {
    std::snprintf(text, sizeof(text), "%.0f us", seconds * 1e6);
  } else {
    std::snprintf(text, sizeof(text), "%.0f ns", seconds * 1e9);
  }
  return text;
}

DeathFacts read_death(const DeathRecord& record, const std::string& task_name,
                      double ran_for_seconds) {
  DeathFacts facts;
  WorkerDeath& death = facts.death;
  death.worker_index = static_cast<int>(record.worker);
  death.worker_pid = static_cast<pid_t>(record.pid);
  facts.requeued = record.requeued;
  facts.ran_task = record.task != 0;
  facts.phase = record.phase;
  if (facts.ran_task) {
    death.task_name = task_name;
    facts.task_id = Hint(record.task - 1).tag().id();
    facts.ran_for_seconds = ran_for_seconds;
    if (record.chunk_region != 0) facts.items_before = record.chunk_items;
  }
  death.core_dumped = record.core_dumped != 0;
  if (record.max_rss_bytes != 0) death.max_rss_bytes = record.max_rss_bytes;
  const int crash = record.crash.signal.load();
  if (record.term_signal != 0) {
    // What the handler saw is the cause; an alarm may have ended it afterwards.
    const int signal = crash != 0 ? crash : record.term_signal;
    death.term_signal = signal;
    facts.cause = std::string("was killed by ") + signal_name(signal);
    if (crash != 0 && has_address(record.crash, crash)) {
      facts.cause += " at address " + hexadecimal(record.crash.address);
    }
    const std::string notes[] = {
        crash != 0 ? sender_text(record.crash, crash, death.worker_pid) : "",
        death.core_dumped ? "core dumped" : "",
        record.out_of_memory != 0 ? "probably killed for lack of memory" : "",
        record.out_of_memory != 0 && death.max_rss_bytes
            ? "it held " + memory_text(*death.max_rss_bytes) + " at most"
            : "",
    };
    const char* before = " (";
    for (const std::string& note : notes) {
      if (note.empty()) continue;
      facts.cause += before + note;
      before = ", ";
    }
    if (before[0] == ',') facts.cause += ")";
  } else if (record.exit_code >= 0) {
    death.exit_code = record.exit_code;
    facts.cause = "ended with exit code " + std::to_string(record.exit_code);
  } else if (record.written_off != 0) {
    facts.cause = "does not end of SIGKILL and was given up";
  } else {
    facts.cause = "ended, nobody knows how";
  }
  const std::uint32_t frames = std::min<std::uint32_t>(record.crash.frames, kFrames);
  if (crash != 0) facts.frames.assign(record.crash.frame, record.crash.frame + frames);
  return facts;
}

std::string describe_death(const DeathFacts& facts, unsigned attempt, unsigned attempts,
                           Requeued requeued) {
  std::string text = "worker " + std::to_string(facts.death.worker_index) + " (pid " +
                     std::to_string(facts.death.worker_pid) + ") " + facts.cause;
  if (facts.ran_task) {
    text +=
        " while running \"" + facts.death.task_name + "\" (task " + std::to_string(facts.task_id);
    if (attempts > 1) {
      text += ", attempt " + std::to_string(attempt) + " of " + std::to_string(attempts);
    }
    text += ") for " + seconds_text(facts.ran_for_seconds);
    if (facts.items_before == 1) text += " with the item before it";
    if (facts.items_before > 1) {
      text += " with the " + std::to_string(facts.items_before) + " items before it";
    }
  } else {
    text += idle_text(facts.phase);
  }
  if (facts.requeued != 0) {
    text += "; " + std::to_string(facts.requeued) +
            (facts.requeued == 1 ? " task it had claimed" : " tasks it had claimed");
    text += requeued == Requeued::go_on ? " went back to the queue" : " had not begun";
  }
  return text;
}

}  // namespace muster::detail
