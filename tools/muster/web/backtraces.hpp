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

// The names of the frames of a pool's deaths, found once for each address.
//
// Thread safety: one thread at a time.
class Backtraces {
 public:
  // `process`: as process_with_code_of() says.
  explicit Backtraces(pid_t process) : process_(process) {}

  // A line each, innermost first, inlined functions among them.
  std::vector<std::string> describe(const muster::DeathStats& death);

 private:
  const pid_t process_;
  std::unique_ptr<Symbolizer> symbols_;  // once there is something to name
  std::map<std::uintptr_t, std::vector<std::string>> known_;
};

}  // namespace muster_tool::web
