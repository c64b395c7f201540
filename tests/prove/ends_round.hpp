#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "prove/ends_plan.hpp"
#include "prove/own_folders.hpp"

namespace prove {

// Which promise was broken.
enum class EndFault : std::uint8_t { process, zombie, memory, file, hung, wrong };
inline constexpr std::size_t kEndFaults = 6;
inline constexpr const char* kEndFaultNames[kEndFaults] = {
    "left process", "left zombie", "left memory or descriptor", "left file", "hung", "wrong"};

struct EndsTotals {
  std::uint64_t rounds = 0;
  std::uint64_t kills = 0;
  std::uint64_t misses = 0;  // steps whose process was there no more, or not yet
  std::uint64_t stops = 0;
  std::uint64_t orphans = 0;  // of tasks whose client and supervisor were both killed
  std::map<std::string, std::uint64_t> by_order;
  std::map<std::string, std::uint64_t> by_means;  // "worker by SIGKILL"
  std::uint64_t by_phase[kPhases] = {};
  std::uint64_t faults[kEndFaults] = {};
  std::vector<std::string> sentences;

  bool good() const { return sentences.empty(); }
};

// One client with its pool, from its start until nothing is left of it.
void run_ends_round(std::uint64_t seed, std::uint64_t number, const OwnFolders& folders,
                    EndsTotals& totals);

}  // namespace prove
