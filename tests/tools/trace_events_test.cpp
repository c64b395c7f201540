// muster trace of pools that keep no events, or only some.

#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <string>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/watchdog.hpp"
#include "tools/status_tool.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::contains;
using test_support::Json;
using test_support::ProgramEnd;
using test_support::run_tool;

struct Kept {
  std::size_t of_worker;
  std::size_t of_client;
  int tasks;         // in the trace
  std::string said;  // "": nothing
};

// Longer than what is only sampled.
void take_a_while() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
  while (std::chrono::steady_clock::now() < end) {
  }
}

Json trace_document(const std::string& pool) {
  const ProgramEnd end = run_tool({"trace", pool, "-o", "/dev/null", "--json"});
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.err, "");
  return Json::parse(end.out);
}

TEST(TraceEvents, ThatAreNotKeptAreSaidToBeMissing) {
  for (const Kept& kept :
       {Kept{64, 64, 3, ""},
        Kept{0, 0, 0,
             "pool \"trace-kept\" keeps no events, since its TelemetryOptions say so: tasks that "
             "have ended are missing in the trace\n"},
        Kept{0, 64, 0, "keeps no events of its workers, since its TelemetryOptions say so"},
        Kept{64, 0, 3, "keeps no events of its client, since its TelemetryOptions say so"}}) {
    ProcessPoolExecutor pool(
        {.max_workers = 1,
         .name = "trace-kept",
         .telemetry = {.worker_events = kept.of_worker, .client_events = kept.of_client}});
    for (int i = 0; i < 3; ++i) pool.submit(take_a_while).result();
    pool.shutdown();  // so that none of them looks as if it still ran

    const ProgramEnd text = run_tool({"trace", "trace-kept", "-o", "/dev/null"});
    EXPECT_EQ(text.exit_code, 0);
    EXPECT_TRUE(contains(text.out, "/dev/null: " + std::to_string(kept.tasks) + " tasks"))
        << text.out;
    EXPECT_TRUE(contains(text.err, kept.said)) << text.err;
    EXPECT_EQ(text.err.empty(), kept.said.empty()) << text.err;

    const Json summary = trace_document("trace-kept");
    EXPECT_EQ(summary.at("tasks"), kept.tasks);
    EXPECT_EQ(summary.at("worker_events"), kept.of_worker);
    EXPECT_EQ(summary.at("client_events"), kept.of_client);
    EXPECT_EQ(summary.at("no_events_because"), kept.said.empty() ? Json() : Json("options"));
  }
}

TEST(TraceEvents, ThatLimitsLeaveNoRoomForAreSaidToBeMissing) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit low{rlim_t{64} << 20, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
  const ProcessPoolExecutor pool(
      {.max_workers = 1, .name = "trace-no-room", .telemetry = {.worker_events = 1 << 20}});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  const ProgramEnd text = run_tool({"trace", "trace-no-room", "-o", "/dev/null"});
  EXPECT_TRUE(contains(text.err, "keeps no events, since RLIMIT_AS or RLIMIT_FSIZE left no room"))
      << text.err;
  const Json summary = trace_document("trace-no-room");
  EXPECT_EQ(summary.at("worker_events"), 0);
  EXPECT_EQ(summary.at("no_events_because"), "limits");
}

}  // namespace
