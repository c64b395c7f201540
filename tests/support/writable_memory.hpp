#pragma once

// The memory of its pool as a task finds it in its worker, with all that it could write over.

#include <cstddef>
#include <cstdio>
#include <fstream>
#include <string>

#include "lib/segments/views.hpp"

namespace test_support {

struct WritableMemory {
  muster::detail::TasksView tasks;  // read-only
  muster::detail::ControlView control;
  muster::detail::WindowView window;  // this worker's own

  // Found where any stray pointer would find it. REQUIRES: called by a task of a process pool, in a
  // process that has no other pool.
  static WritableMemory of_this_worker() {
    WritableMemory memory;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      unsigned long begin = 0;
      if (std::sscanf(line.c_str(), "%lx-", &begin) != 1) continue;
      if (line.find("/memfd:muster:") == std::string::npos) continue;
      auto* const at = reinterpret_cast<std::byte*>(begin);  // NOLINT: what the kernel says
      // The first of a segment's parts, where pages have different flags.
      const auto found = [&](const char* segment, std::byte*& base) {
        if (base == nullptr && line.find(segment) != std::string::npos) base = at;
      };
      found(":tasks", memory.tasks.base);
      found(":control", memory.control.base);
      found(":results", memory.window.base);
    }
    const muster::detail::Geometry& geometry = memory.tasks.header().geometry;
    memory.tasks.geometry = memory.control.geometry = memory.window.geometry = geometry;
    return memory;
  }
};

}  // namespace test_support
