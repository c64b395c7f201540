// Curves: the same tasks, more of them, for more workers, with longer arguments, from more threads.
#include <algorithm>
#include <array>
#include <future>

#include "bench/probes/process_info.hpp"
#include "bench/probes/stopwatch.hpp"
#include "bench/scenarios.hpp"
#include "bench/scenarios/each_peer.hpp"

namespace bench {

namespace {

constexpr std::string_view kQueued = "queued tasks";
constexpr std::string_view kWorkers = "workers";
constexpr std::string_view kPayload = "payload";
constexpr std::string_view kSubmitters = "submitting threads";

constexpr std::uint64_t kMiB = 1 << 20;

// Those that are drawn; all would hide each other.
constexpr std::array<std::string_view, 7> kDrawn = {"process", "thread",     "tbb-enqueue", "asio",
                                                    "mutex",   "moodycamel", "py-processes"};
constexpr std::array<std::string_view, 5> kDrawnForPayload = {"process", "thread", "pipe",
                                                              "py-processes", "py-pool"};

template <class Names>
bool is_among(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Growth : public Scenario {
 public:
  std::string_view name() const override { return "growth"; }
  std::string_view summary() const override {
    return "Empty tasks, every future kept until all are submitted. queued tasks: 10^2 and more "
           "submitted one after the other, counts under 20000 over and over until there were so "
           "many; the workers begin with the first, so fewer are queued at once (many has as many "
           "behind a gate); workers: from 1 to 64; submitting threads: 1 to 8, each of which "
           "submits its part and collects it; 2 "
           "workers elsewhere. payload: each task is given doubles and adds them up, all submitted "
           "at once, 256 MiB in all or 10000 tasks. Memory: what the client's resident memory grew "
           "by at most, for each task. Hot, but for memory, which is the first "
           "round's.";
  }
  std::vector<Metric> metrics() const override {
    return {{"rate", "tasks", Unit::per_second, true},
            {"processor", "processor time per task", Unit::seconds, false},
            {"memory", "memory per task", Unit::bytes, false, "cold"},
            {"bytes", "data", Unit::bytes_per_second, true}};
  }
  std::vector<Cell> cells(const Settings& settings) const override;
  std::chrono::seconds limit() const override { return std::chrono::seconds(300); }

  bool in_quick(const PeerEntry& peer, const Cell& cell) const override {
    return (cell.variant == kQueued && peer.name == "asio") ||
           (cell.variant == kPayload && peer.name == "pipe");
  }

  void measure(const Cell& cell, Sample& out) const override;

 private:
  static std::vector<Cell> curve(const PeerEntry& peer, std::string_view variant,
                                 const Settings& settings);
};

std::vector<Cell> Growth::curve(const PeerEntry& peer, std::string_view variant,
                                const Settings& settings) {
  const std::size_t workers = settings.workers.back();
  // Slow peers do what takes them a few seconds at most.
  const std::uint64_t usual = settings.quick ? peer.tasks / 5 : peer.tasks;
  const std::uint64_t most_of_peer = settings.quick ? peer.tasks : 4 * peer.tasks;
  const std::uint64_t most = is_own(peer) ? settings.less_if_quick(settings.many_tasks)
                                          : std::min(most_of_peer, settings.many_tasks);
  std::vector<Cell> cells;
  const auto add = [&](std::size_t count, std::uint64_t size, std::string_view axis) -> Cell& {
    cells.push_back({std::string(peer.name), count, std::string(variant), size});
    cells.back().axis = axis;
    return cells.back();
  };
  if (variant == kQueued) {
    for (std::uint64_t tasks = 100; tasks <= most; tasks *= settings.quick ? 100 : 10)
      add(workers, tasks, "tasks");
  } else if (variant == kWorkers) {
    for (std::size_t count = 1; count <= 64; count *= settings.quick ? 8 : 2) {
      add(count, usual, "workers");
    }
  } else if (variant == kPayload) {
    constexpr std::uint64_t kAll = 256 * kMiB;
    constexpr std::uint64_t kTasks = 10'000;
    for (std::uint64_t bytes = sizeof(double); bytes <= kAll;
         bytes *= settings.quick ? 32 * 32 : 32) {
      const std::uint64_t tasks = std::clamp<std::uint64_t>(kAll / bytes, 1, kTasks);
      const bool small = bytes * tasks < kAll;
      add(workers, small ? std::min(tasks, std::max<std::uint64_t>(usual, 1)) : tasks,
          "payload_bytes")
          .payload = bytes;
    }
  } else {
    for (std::size_t threads = 1; threads <= 8; threads *= settings.quick ? 8 : 2) {
      add(workers, usual / threads * threads, "threads").threads = threads;
    }
  }
  return cells;
}

std::vector<Cell> Growth::cells(const Settings& settings) const {
  std::vector<Cell> cells;
  for (const auto variant : {kQueued, kWorkers, kPayload, kSubmitters}) {
    for (const PeerEntry& peer : all_peers()) {
      const bool drawn =
          variant == kPayload ? is_among(kDrawnForPayload, peer.name) : is_among(kDrawn, peer.name);
      const bool threads = (peer.offers & kThreads) != 0;
      if (!drawn || (variant == kSubmitters && !threads)) continue;
      append(cells, curve(peer, variant, settings));
    }
  }
  return cells;
}

// Each thread does its part, and what it throws comes out of here.
std::uint64_t run_tasks(Peer& peer, std::uint64_t tasks, std::size_t threads) {
  const auto part = static_cast<std::uint32_t>(tasks / threads);
  if (threads == 1) return peer.kept(part);
  std::vector<std::future<std::uint64_t>> parts;
  for (std::size_t i = 0; i < threads; ++i) {
    parts.push_back(std::async(std::launch::async, [&peer, part] { return peer.kept(part); }));
  }
  std::uint64_t sum = 0;
  for (auto& each : parts) sum += each.get();
  return sum;
}

void Growth::measure(const Cell& cell, Sample& out) const {
  const auto peer = make_peer(cell.peer, cell.workers);
  const std::uint64_t doubles = cell.payload / sizeof(double);
  const std::vector<double> values = make_doubles(doubles);
  const auto tasks = static_cast<double>(cell.size);
  const auto run = [&](std::uint64_t count) {
    if (doubles != 0) {
      const double sum = peer->to_worker(values, static_cast<std::uint32_t>(count));
      const double expected = static_cast<double>(count) * sum_of_doubles(doubles);
      check_sum(static_cast<std::uint64_t>(sum), static_cast<std::uint64_t>(expected));
      return;
    }
    const std::uint64_t part = count / cell.threads;
    check_sum(run_tasks(*peer, count, cell.threads), cell.threads * sum_of_results(part));
  };
  if (doubles != 0) peer->prepare_doubles(values);

  constexpr std::uint64_t kMeaningful = 1000;
  const std::uint64_t before = resident_memory();
  const bool memory_known = forget_peak_memory();
  run(doubles == 0 ? cell.size : std::max<std::uint64_t>(cell.size / 10, 1));
  // Of few tasks it would be that of the pool.
  if (memory_known && doubles == 0 && cell.size >= kMeaningful && peer->has_futures_here()) {
    const auto grown = static_cast<double>(peak_memory()) - static_cast<double>(before);
    out.set("memory", std::max(grown, 0.0) / tasks);
  }

  constexpr std::uint64_t kEnough = 20'000;
  const std::uint64_t times =
      doubles == 0 && cell.threads == 1
          ? std::max<std::uint64_t>(std::min(kEnough, find_peer(cell.peer)->tasks) / cell.size, 1)
          : 1;
  const ProcessorTime processor(peer->processes());
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < times; ++i) run(cell.size);
  const double seconds = watch.seconds();
  const double all = tasks * static_cast<double>(times);
  out.set("processor", processor.seconds() / all);
  out.set("rate", all / seconds);
  if (doubles != 0) out.set("bytes", all * static_cast<double>(cell.payload) / seconds);
}

}  // namespace

std::unique_ptr<Scenario> make_growth() { return std::make_unique<Growth>(); }

}  // namespace bench
