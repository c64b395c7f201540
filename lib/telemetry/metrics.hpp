#pragma once

// What a pool counts, each declared once: from here come the members of the shared structures, the
// names and texts of the status tool's metrics, and the table in docs/TOOL.md.
//
// X(member, type, unit, name, sentence). `type` is counter or gauge, `unit` tasks, workers, bytes
// or one (of something that the name says); `name` is the metric's, without the prefix and what the
// format adds.

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

// Of a pool; members of PoolHeader, written by the client under its lock.
#define MUSTER_POOL_METRICS(X)                                                                   \
  X(submitted, counter, tasks, "tasks_submitted", "Tasks submitted; a chunk of map is one.")     \
  X(finished, counter, tasks, "tasks_finished", "Tasks that returned a result.")                 \
  X(failed, counter, tasks, "tasks_failed", "Tasks that threw, or were lost with their worker.") \
  X(cancelled, counter, tasks, "tasks_cancelled", "Tasks that were cancelled.")                  \
  X(requeued, counter, tasks, "tasks_requeued",                                                  \
    "Tasks that run again, in whole or from an item on, because their worker died.")             \
  X(behind, gauge, tasks, "tasks_behind",                                                        \
    "Tasks that wait in the client's own memory, because no slot is free for them.")             \
  X(arguments_in_use, gauge, bytes, "arguments", "Shared memory that arguments take.")           \
  X(arguments_pages, gauge, bytes, "arguments_backed",                                           \
    "Shared memory for arguments that has pages behind it.")                                     \
  X(max_shared_memory, gauge, bytes, "shared_memory_limit",                                      \
    "ProcessPoolOptions::max_shared_memory; 0 where there is no limit.")                         \
  X(sampling, gauge, tasks, "tasks_a_timed_one",                                                 \
    "Tasks of which one is timed, at the moment: 1, or 64 where tasks of some name take less "   \
    "than "                                                                                      \
    "2 us.")

// Of its processes; members of Facts, written by the supervisor.
#define MUSTER_FACTS_METRICS(X)                                                               \
  X(deaths, counter, workers, "worker_deaths", "Workers that ended otherwise than in order.") \
  X(restarts, counter, workers, "worker_restarts", "Workers that took the place of others.")

// Of a worker's loop; members of WorkerRecord, written by the worker. They count on where its
// predecessors have ended.
#define MUSTER_WORKER_LOOP_METRICS(X)                                                           \
  X(tasks_done, counter, tasks, "worker_tasks_done", "Tasks that the worker ran to their end.") \
  X(rescued, counter, one, "worker_rescued_wakeups",                                            \
    "Sleeps that only their bound ended though there was work.")                                \
  X(parks, counter, one, "worker_parks", "Times that the worker went to sleep.")

// Of a worker's memory; likewise.
#define MUSTER_WORKER_MEMORY_METRICS(X)                     \
  X(arena_in_use, gauge, bytes, "worker_results",           \
    "Memory that results take which nobody has taken yet.") \
  X(arena_backed, gauge, bytes, "worker_results_backed",    \
    "Memory for results that has pages behind it.")

// Of its tasks; members of WorkerTelemetry.
#define MUSTER_WORKER_TASK_METRICS(X)                                            \
  X(failures, counter, tasks, "worker_failures",                                 \
    "Tasks that threw in the worker; items of a chunk of map count one by one.") \
  X(high_water_rss, gauge, bytes, "worker_max_resident",                         \
    "The most memory that the process which did its last long task ever held (resident set).")

// Of all tasks of one name in one worker; members of NameTelemetry. A counter never goes down, so
// `done` counts those, too, of which it turns out that they are not.
#define MUSTER_NAME_METRICS(X)                                                                  \
  X(taken_back, counter, tasks, "name_tasks_taken_back",                                        \
    "Tasks of this name, among those done, that were killed before anybody knew of their end.") \
  X(done, counter, tasks, "name_tasks_done", "Tasks of this name that came to their end.")      \
  X(failures, counter, tasks, "name_failures",                                                  \
    "Tasks of this name that threw; items of a chunk of map count one by one.")                 \
  X(timed, counter, tasks, "name_tasks_timed", "Tasks of this name that were timed.")           \
  X(max_rss, gauge, bytes, "name_max_resident",                                                 \
    "The most memory (resident set) that a worker held at the end of a task of this name.")

// What happens to tasks, in the order of a task's life: TaskEventKind.
#define MUSTER_TASK_EVENTS(X)                                           \
  X(submitted, "The client took the task.")                             \
  X(started, "A worker began it.")                                      \
  X(finished, "It returned.")                                           \
  X(failed, "It threw.")                                                \
  X(cancelled, "It was cancelled, or its pool broke before it began.")  \
  X(requeued, "It runs again after that, in whole or from an item on.") \
  X(died, "Its worker died while it ran.")

namespace muster::detail {

#define MUSTER_DECLARE_METRIC(member, type, unit, name, sentence) std::atomic<std::uint64_t> member;

enum class MetricType : std::uint8_t { counter, gauge };
enum class MetricUnit : std::uint8_t { tasks, workers, bytes, one };

struct MetricDescription {
  std::string_view name;
  MetricType type;
  MetricUnit unit;
  std::string_view sentence;
};

#define MUSTER_DESCRIBE_METRIC(member, type, unit, name, sentence) \
  MetricDescription{name, MetricType::type, MetricUnit::unit, sentence},

inline constexpr auto kPoolMetrics = std::to_array({MUSTER_POOL_METRICS(MUSTER_DESCRIBE_METRIC)});
inline constexpr auto kFactsMetrics = std::to_array({MUSTER_FACTS_METRICS(MUSTER_DESCRIBE_METRIC)});
inline constexpr auto kWorkerMetrics =
    std::to_array({MUSTER_WORKER_LOOP_METRICS(MUSTER_DESCRIBE_METRIC) MUSTER_WORKER_MEMORY_METRICS(
        MUSTER_DESCRIBE_METRIC) MUSTER_WORKER_TASK_METRICS(MUSTER_DESCRIBE_METRIC)});
inline constexpr auto kNameMetrics = std::to_array({MUSTER_NAME_METRICS(MUSTER_DESCRIBE_METRIC)});

}  // namespace muster::detail
