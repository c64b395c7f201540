#pragma once

#include <csignal>
#include <cstdint>
#include <map>
#include <string>

#include "prove/ledger.hpp"
#include "prove/worker_state.hpp"

namespace prove {

// Workers that were killed, by what with and in the midst of what.
struct KillCounts {
  std::uint64_t by_doing[kDoings] = {};  // stopped first, so that it is known
  std::uint64_t async = 0;               // not stopped
  std::map<std::string, std::uint64_t> by_signal;
  std::uint64_t stops = 0;  // SIGSTOP, with or without a kill

  // `own`: those that tasks did, from the ledger.
  std::uint64_t all(std::uint64_t own) const {
    std::uint64_t sum = async + own;
    for (const std::uint64_t count : by_doing) sum += count;
    return sum;
  }
};

}  // namespace prove
