#pragma once

#include <string>

#include <muster/inspect.hpp>

#include "trace_model.hpp"

namespace muster_tool {

// The trace event format of Chrome, which Perfetto reads as well: a process, which is the pool,
// with a track for the client and one for each worker. In order of time, in microseconds. Source:
// "Trace Event Format", docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
// `lost`: events that are missing.
std::string trace_text(const TraceModel& model, const muster::PoolInfo& pool, std::uint64_t lost);

}  // namespace muster_tool
