#include "lib/client/pool_segments.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>
#include <vector>

#include <muster/error.hpp>

#include "lib/common/ticks.hpp"

namespace muster::detail {

namespace bip = boost::interprocess;

namespace {

// Not of the sequence that muster::seed() starts: two programs may start the same.
std::uint64_t new_pool_id() {
  std::random_device entropy;
  return std::uint64_t{entropy()} << 32 | entropy();
}

Memfd duplicate(const Memfd& memory) {
  FileDescriptor fd(::fcntl(memory.fd(), F_DUPFD_CLOEXEC, 0));
  if (!fd) {
    throw Error("cannot duplicate a descriptor of the pool's shared memory: " +
                std::generic_category().message(errno));
  }
  return Memfd::adopt(std::move(fd), memory.get_mode(), memory.size());
}

}  // namespace

PoolSegments::PoolSegments(const std::string& pool_name, const Geometry& geometry, bool replaces)
    : geometry_(geometry) {
  // The status tool finds pools by these names.
  const std::string prefix = "muster:" + pool_name.substr(0, kPoolNameKept) + ":";
  const Geometry& g = geometry_;
  tasks_ = Memfd::create(prefix + "tasks", g.tasks_bytes());
  control_ = Memfd::create(prefix + "control", g.control_bytes());
  Memfd results = Memfd::create(prefix + "results", g.results_bytes());
  Memfd facts = Memfd::create(prefix + "facts", g.facts_bytes());
  results_ = results.reopen_read_only();
  facts_ = facts.reopen_read_only();
  for_supervisor_ = {tasks_.reopen_read_only(), duplicate(control_), std::move(results),
                     std::move(facts)};

  tasks_region_ = map_shared(tasks_, bip::read_write, 0, g.tasks_bytes());
  control_region_ = map_shared(control_, bip::read_write, 0, g.control_bytes());
  results_region_ = map_shared(results_, bip::read_only, 0, g.results_bytes());
  facts_region_ = map_shared(facts_, bip::read_only, 0, g.facts_bytes());

  PoolHeader& header = tasks().header();
  header.version = kLayoutVersion;
  header.layout_hash = layout_hash();
  header.client_pid = static_cast<std::uint32_t>(::getpid());
  header.id = new_pool_id();
  header.geometry = g;
  const std::size_t length = std::min(pool_name.size(), sizeof(header.name) - 1);
  std::memcpy(header.name, pool_name.data(), length);
  header.created_realtime_ns = realtime_ns();
  header.created_monotonic_ns = monotonic_ns();
  header.created_ticks = ticks_now();
  header.replaces.store(replaces ? 1 : 0);
  header.state.store(PoolPhase::starting);
  std::atomic_ref(header.magic).store(kPoolMagic);  // last: a reader may believe the rest
}

void PoolSegments::allocate() {
  const Geometry& g = geometry_;
  // Events and times that are told by name come later, as there are some.
  std::vector<Piece> all{{tasks_.fd(), 0, g.client_events_at()},
                         {control_.fd(), 0, g.control_bytes()},
                         {for_supervisor_.facts.fd(), 0, g.facts_bytes()}};
  for (std::uint32_t w = 0; w < g.workers; ++w) {
    all.push_back({for_supervisor_.results.fd(), w * g.window_bytes, g.window_fixed_bytes()});
  }
  if (allocate_pieces(all)) return;
  std::size_t sum = 0;
  for (const Piece& piece : all) sum += piece.size;
  throw Error("there is no memory for the pool's shared segments (" + std::to_string(sum / 1024) +
              " KiB)");
}

std::size_t PoolSegments::backed_bytes() const {
  std::size_t bytes = 0;
  for (const Memfd* memory : {&tasks_, &control_, &results_, &facts_}) {
    struct stat status {};
    if (::fstat(memory->fd(), &status) == 0) {
      bytes += static_cast<std::size_t>(status.st_blocks) * 512;
    }
  }
  return bytes;
}

void PoolSegments::close_in_child() {
  tasks_.close();
  control_.close();
  results_.close();
  facts_.close();
  for_supervisor_ = {};
}

}  // namespace muster::detail
