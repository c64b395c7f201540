#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <muster/options.hpp>

namespace muster::detail {

// Limits as workers are told them: checked, and with all that needs a library looked up. Plain
// data, so that it can travel to a worker that is no fork of the client.
struct PreparedLimits {
  WorkerLimits asked;          // paths are absolute
  std::vector<unsigned> cpus;  // where workers run: asked.cpus, or the node's; empty: anywhere
  std::vector<std::uint64_t> filter;  // the seccomp program, an instruction (sock_filter) each
};

}  // namespace muster::detail
