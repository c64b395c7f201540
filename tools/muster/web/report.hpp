#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <muster/inspect.hpp>

#include "../exit_code.hpp"
#include "feed.hpp"
#include "watched_pool.hpp"

namespace muster_tool::web {

// What was seen of pools.
struct Report {
  std::string document;                 // that page_for_file() wants
  std::vector<std::string> unreadable;  // a sentence for each pool that could not be read
};

// Throws as WatchedPool's constructor does.
using OpenPool = std::function<std::unique_ptr<LookedAt>(const muster::PoolInfo& listed)>;

// Opens each pool of the list once, and looks at all of them: now, after each interval, and after
// `time`. One that cannot be opened, or not be read any more, is told of in the document; the
// others are looked at all the same.
Report look_at_all(const muster::PoolList& list, const OpenPool& open,
                   std::chrono::duration<double> time, std::chrono::duration<double> interval);

// Looks at the pools for 0.2 s and writes the page with what was seen to `file`, which is there
// as a whole or not at all; "-" is standard output. What could not be read it says on standard
// error. Throws std::system_error where the file cannot be written or /proc not read.
ExitCode save_report(const std::string& file, const Selection& selection, double interval);

}  // namespace muster_tool::web
