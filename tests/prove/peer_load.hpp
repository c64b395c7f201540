#pragma once

// One load for pools of any make: client threads give it tasks, while its workers are killed at
// random. As the soak's own, but for what other pools cannot do: retries, cancels, time limits.

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "prove/random.hpp"

namespace prove {

// What a task does.
struct PeerWork {
  std::uint32_t spin_ns = 0;
  std::uint32_t sleep_us = 0;
};
void do_work(PeerWork work);

// How a task came back.
enum class Came { value, told, broke, not_yet };

// Tasks that were submitted together.
class PeerBatch {
 public:
  virtual ~PeerBatch() = default;
  // Of each task, by then (CLOCK_MONOTONIC). May be asked again for those that had not come.
  virtual std::vector<Came> await(std::int64_t deadline_ns) = 0;
};

// By any thread.
class PeerPool {
 public:
  virtual ~PeerPool() = default;
  virtual std::unique_ptr<PeerBatch> submit(const std::vector<PeerWork>& batch) = 0;
  // Those that live, as far as it is known.
  virtual std::vector<pid_t> workers() = 0;
};

// As Load of the soak's clients. The names are those of peers.py.
enum class PeerLoad { mixed, tiny, single };
inline constexpr const char* kPeerLoadNames[] = {"mixed", "tiny", "single"};

// What became of a pool.
enum class Became { went_on, lost_tasks, broke, hung, threw };
inline constexpr std::size_t kBecames = 5;
inline constexpr const char* kBecameNames[kBecames] = {"went on", "lost tasks", "broke", "hung",
                                                       "threw"};

struct PeerEnd {
  Became became = Became::threw;
  std::uint64_t kills = 0;
  std::uint64_t tasks = 0;  // submitted
  std::uint64_t told = 0;   // of these failed with their worker, and said so
  std::uint64_t lost = 0;   // of these never heard of again, though others were
  std::string why;          // of what threw

  nlohmann::json to_json() const;
  // Throws where it is none.
  static PeerEnd from_json(const std::string& text);
};

inline constexpr std::size_t kPeerWorkers = 2;
inline constexpr std::size_t kPeerClients = 3;

// Ends after so many kills, or when the pool is broken or answers no more. Where it hung, threads
// may be left that use it: the process is to end then, and not the pool.
PeerEnd load_and_kill(PeerPool& pool, PeerLoad load, std::uint64_t kills, Random random);

}  // namespace prove
