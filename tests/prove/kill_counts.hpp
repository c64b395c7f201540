#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>

#include "prove/ledger.hpp"
#include "prove/worker_state.hpp"

namespace prove {

// What workers are killed with, but for what their own tasks do.
inline constexpr std::array kKillSignals{SIGKILL, SIGSEGV, SIGABRT};
inline constexpr std::array kKillSignalNames{"SIGKILL", "SIGSEGV", "SIGABRT"};

// Workers that were killed, by what with and in the midst of what. One thread counts; the watch
// reads where that one hangs.
struct KillCounts {
  using Count = std::atomic<std::uint64_t>;

  std::array<Count, kDoings> by_doing{};  // stopped first, so that it is known
  Count async{0};                         // not stopped
  std::array<Count, kKillSignals.size()> by_signal{};
  Count stops{0};     // SIGSTOP, with or without a kill
  Count walks{0};     // of these, those that were led on to another kind of instant (Walk)
  Count arrivals{0};  // of these, those that came there

  void add_signal(int signal) {
    for (std::size_t i = 0; i < kKillSignals.size(); ++i) {
      if (kKillSignals[i] == signal) ++by_signal[i];
    }
  }
  // `own`: those that tasks did, from the ledger.
  std::uint64_t all(std::uint64_t own) const {
    std::uint64_t sum = async + own;
    for (const Count& count : by_doing) sum += count;
    return sum;
  }
};

}  // namespace prove
