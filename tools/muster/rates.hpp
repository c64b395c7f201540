#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <muster/inspect.hpp>

namespace muster_tool {

// What happened in a pool between two looks at it. Both are to live as long as this.
class Rates {
 public:
  Rates(const muster::PoolInfo& before, const muster::PoolInfo& now);

  // Tasks that came to their end, in a second. Nothing: no time has passed.
  std::optional<double> done_per_second() const;
  std::optional<double> failed_per_second() const;
  // By this worker; nothing, too, where it is new.
  std::optional<double> done_per_second(std::size_t worker) const;
  // Of a processor's time, that the process of this worker had; 1: all of one's. Nothing: it has no
  // process, or another than before.
  std::optional<double> cpu(std::size_t worker) const;

 private:
  std::optional<double> per_second(std::uint64_t then, std::uint64_t now) const;

  const muster::PoolInfo& before_;
  const muster::PoolInfo& now_;
};

// Tasks that came to their end: returned, threw, or were lost with their worker.
inline std::uint64_t ended(const muster::PoolStats& stats) { return stats.finished + stats.failed; }

}  // namespace muster_tool
