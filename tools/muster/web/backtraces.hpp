#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <muster/inspect.hpp>

#include "../symbols.hpp"

namespace muster_tool::web {

// The names of the frames of a pool's deaths. A worker has the code of its client where that has
// it, so the client is asked, and asked once for each address.
//
// Thread safety: one thread at a time.
class Backtraces {
 public:
  explicit Backtraces(pid_t client) : client_(client) {}

  // A line each, innermost first, inlined functions among them.
  std::vector<std::string> describe(const muster::DeathStats& death);

 private:
  const pid_t client_;
  std::unique_ptr<Symbolizer> symbols_;  // once there is something to name
  std::map<std::uintptr_t, std::vector<std::string>> known_;
};

}  // namespace muster_tool::web
