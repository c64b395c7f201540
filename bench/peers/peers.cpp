#include "bench/peers/peers.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "bench/peers/makers.hpp"
#include "bench/peers/python_peer.hpp"
#include "bench/probes/subprocess.hpp"
#include "bench/sample.hpp"

namespace bench {

namespace {

template <const char* pool>
std::string no_python() {
  return why_no_python_pool(pool);
}
constexpr char kPythonThreads[] = "threads";
constexpr char kPythonProcesses[] = "processes";
constexpr char kPythonForkServer[] = "forkserver";
constexpr char kPythonSpawn[] = "spawn";
constexpr char kPythonPool[] = "pool";
constexpr char kLoky[] = "loky";
constexpr char kPebble[] = "pebble";
constexpr char kMpi[] = "mpi";

#ifdef MUSTER_BENCH_TBB
constexpr auto kTbbEnqueue = &make_tbb_enqueue;
constexpr auto kTbbGroup = &make_tbb_group;
std::string no_tbb() { return ""; }
#else
using MakePeer = std::unique_ptr<Peer> (*)();
constexpr MakePeer kTbbEnqueue = nullptr;
constexpr MakePeer kTbbGroup = nullptr;
std::string no_tbb() { return "install libtbb-dev and configure again"; }
#endif

std::string no_pigz() { return program_exists("pigz") ? "" : "install pigz"; }
std::string no_xargs() { return program_exists("xargs") ? "" : "install findutils"; }

constexpr unsigned kPool = kFutures | kOneByOne | kBurn | kTransfer;
constexpr unsigned kMusters = kPool | kMap | kThreads | kGzip | kShare | kView | kKeep;
constexpr unsigned kPythons = kPool | kMap;
constexpr unsigned kRecords = kPlain | kOneByOne | kBurn;
constexpr auto kOwn = Workers::own;

constexpr std::array kPeers = {
    PeerEntry{"process", "process pool", kMusters, kOwn, 1'000'000, 500'000, &make_process_pool,
              nullptr, true},
    PeerEntry{"process-forkserver", "process pool, forkserver", kStart, kOwn, 0, 0,
              &make_forkserver_pool, nullptr, true},
    PeerEntry{"process-spawn", "process pool, spawn", kStart, kOwn, 0, 0, &make_spawned_pool,
              nullptr, true},
    PeerEntry{"thread", "thread pool", kMusters, kOwn, 1'000'000, 500'000, &make_thread_pool,
              nullptr, true},
    PeerEntry{"serial", "serial loop", kMap | kBurn | kTransfer | kKeep, Workers::none, 0, 0,
              &make_serial_loop, nullptr, true},
    PeerEntry{"tbb-enqueue", "oneTBB arena and promise", kPool | kThreads, kOwn, 500'000, 20'000,
              kTbbEnqueue, &no_tbb, true},
    PeerEntry{"tbb-group", "oneTBB task_group, parallel_for", kPlain | kOneByOne | kMap | kBurn,
              Workers::client_too, 2'000'000, 500'000, kTbbGroup, &no_tbb, true},
    PeerEntry{"asio", "Boost.Asio thread_pool", kPool | kThreads, kOwn, 300'000, 10'000, &make_asio,
              nullptr, true},
    PeerEntry{"async", "std::async", kPool | kThreads, Workers::thread_each, 10'000, 10'000,
              &make_std_async, nullptr},
    PeerEntry{"mutex", "mutex and condition variable", kPool | kThreads, kOwn, 200'000, 10'000,
              &make_mutex_pool, nullptr, true},
    PeerEntry{"moodycamel", "moodycamel blocking", kPool | kThreads, kOwn, 300'000, 10'000,
              &make_moodycamel, nullptr},
    PeerEntry{"moodycamel-yield", "moodycamel yielding", kPool | kThreads, kOwn, 500'000, 50'000,
              &make_moodycamel_yield, nullptr},
    PeerEntry{"pipe", "pipes, one in flight", kRecords | kTransfer, kOwn, 10'000, 10'000,
              &make_pipe_single, nullptr, true},
    PeerEntry{"pipe-batch", "pipes, batches of 64", kRecords, kOwn, 300'000, 10'000,
              &make_pipe_batched, nullptr},
    PeerEntry{"message-queue", "Boost.Interprocess message_queue", kRecords, kOwn, 50'000, 10'000,
              &make_message_queue, nullptr},
    PeerEntry{"fork", "fork per task", kRecords | kTransfer, kOwn, 1'000, 500, &make_fork_per_task,
              nullptr},
    PeerEntry{"xargs", "xargs -P", kPlain | kGzip, kOwn, 300, 0, &make_xargs, &no_xargs, true},
    PeerEntry{"py-threads", "Python ThreadPoolExecutor", kPythons, kOwn, 10'000, 4'000,
              &make_python_threads, &no_python<kPythonThreads>},
    PeerEntry{"py-processes", "Python ProcessPoolExecutor", kPythons, kOwn, 3'000, 1'500,
              &make_python_processes, &no_python<kPythonProcesses>, true},
    PeerEntry{"py-forkserver", "Python ProcessPoolExecutor, forkserver", kStart, kOwn, 0, 0,
              &make_python_forkserver, &no_python<kPythonForkServer>},
    PeerEntry{"py-spawn", "Python ProcessPoolExecutor, spawn", kStart, kOwn, 0, 0,
              &make_python_spawn, &no_python<kPythonSpawn>},
    PeerEntry{"py-pool", "Python multiprocessing.Pool", kPythons, kOwn, 5'000, 3'000,
              &make_python_pool, &no_python<kPythonPool>},
    PeerEntry{"loky", "loky", kPythons | kShare, kOwn, 3'000, 1'500, &make_loky, &no_python<kLoky>},
    PeerEntry{"pebble", "pebble", kPythons, kOwn, 3'000, 1'500, &make_pebble, &no_python<kPebble>},
    PeerEntry{"mpi4py", "mpi4py.futures", kPythons, kOwn, 3'000, 1'500, &make_mpi4py,
              &no_python<kMpi>},
    PeerEntry{"pigz", "pigz", kGzip, kOwn, 0, 0, nullptr, &no_pigz, true},
};

}  // namespace

std::span<const PeerEntry> all_peers() { return kPeers; }

const PeerEntry* find_peer(std::string_view name) {
  const auto found = std::find_if(kPeers.begin(), kPeers.end(),
                                  [&](const PeerEntry& entry) { return entry.name == name; });
  return found == kPeers.end() ? nullptr : &*found;
}

bool is_python(const PeerEntry& peer) {
  constexpr std::array kOthers = {std::string_view("loky"), std::string_view("pebble"),
                                  std::string_view("mpi4py")};
  return peer.name.starts_with("py-") ||
         std::find(kOthers.begin(), kOthers.end(), peer.name) != kOthers.end();
}

std::string why_missing(const PeerEntry& peer) {
  return peer.why_missing == nullptr ? "" : peer.why_missing();
}

std::string_view title_of(std::string_view name) {
  const PeerEntry* const entry = find_peer(name);
  return entry == nullptr ? name : entry->title;
}

std::unique_ptr<Peer> prepare_peer(std::string_view name) {
  const PeerEntry* const entry = find_peer(name);
  if (entry == nullptr) throw MeasurementError(fmt::format("there is no peer \"{}\"", name));
  if (const std::string missing = why_missing(*entry); !missing.empty()) {
    throw MeasurementError(fmt::format("{} is missing: {}", entry->title, missing));
  }
  if (entry->make == nullptr) throw MeasurementError(fmt::format("{} is no pool", entry->title));
  return entry->make();
}

std::unique_ptr<Peer> make_peer(std::string_view name, std::size_t workers) {
  auto peer = prepare_peer(name);
  peer->open(workers);
  return peer;
}

}  // namespace bench
