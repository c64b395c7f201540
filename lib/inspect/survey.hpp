#pragma once

// All pools of this user as they are at this moment, seen from outside.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include <muster/stats.hpp>

#include "lib/inspect/pool_loader.hpp"

namespace muster::detail {

enum class PoolCondition : std::uint8_t {
  starting,
  running,
  shut_down,  // takes no more tasks; ends when the last has ended
  broken,
  closed,   // its workers have ended, the object in the client is still there
  orphan,   // the client is gone, the supervisor not yet
  unknown,  // its header says what this version does not know
};

struct PoolPicture {
  std::string name;
  pid_t client_pid = 0;
  std::string command;       // of the client
  pid_t supervisor_pid = 0;  // 0: none any more
  PoolCondition condition = PoolCondition::unknown;
  std::int64_t created_realtime_ns = 0;  // since 1970
  Duration age;
  std::size_t workers_alive = 0;
  // What pool.stats() gives, but that a worker whose process is gone is dead here, also where no
  // supervisor is left to say so.
  PoolStats stats;

  // Whether `pid` is its client, its supervisor or one of its workers.
  bool has_process(pid_t pid) const;
};

// Memory that is called a pool's and cannot be read as one.
struct SkippedPool {
  std::string name;
  LoadError error = LoadError::none;
  std::vector<ProcessInfo> holders;
};

struct Survey {
  std::vector<PoolPicture> pools;  // by client and age
  std::vector<SkippedPool> skipped;
  std::vector<ProcessInfo> hidden;  // see PoolSearch
  std::error_code error;            // see PoolSearch
};

Survey survey_pools();

PoolPicture take_picture(const FoundPool& found, const LoadedPool& pool);

}  // namespace muster::detail
