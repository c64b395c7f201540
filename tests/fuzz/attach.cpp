// A tool that attaches to memory that calls itself a pool's: four files of any size, sealed or not,
// whose first page says anything, and a few other places. What is believed can be read to its ends,
// by every reader.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "lib/inspect/event_reader.hpp"
#include "lib/inspect/metric_reader.hpp"
#include "lib/inspect/pool_loader.hpp"
#include "lib/inspect/task_list.hpp"

namespace fuzz {
namespace {

using namespace muster::detail;

using Sizes = std::array<std::uint64_t, kSegments>;

// As the header says, or near it, or anything.
std::uint64_t size_of(Input& input, std::uint64_t stated) {
  switch (input.below(4)) {
    case 0: return input.take<std::uint32_t>();
    case 1: return stated + static_cast<std::uint64_t>(std::int64_t{input.take<std::int16_t>()});
    default: return stated;
  }
}

Sizes sizes_of(Input& input, const Geometry& g) {
  return {size_of(input, g.tasks_bytes()), size_of(input, g.control_bytes()),
          size_of(input, g.results_bytes()), size_of(input, g.facts_bytes())};
}

// Nothing where there cannot be such a file.
FileDescriptor make_file(std::span<const std::byte> bytes, std::uint64_t size, bool sealed) {
  FileDescriptor fd(::memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd || size > std::uint64_t{1} << 46 || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0)
    return {};
  const std::size_t fits = std::min<std::uint64_t>(bytes.size(), size);
  require(::pwrite(fd.get(), bytes.data(), fits, 0) == static_cast<ssize_t>(fits),
          "a header can be written into a file");
  if (sealed) ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
  return fd;
}

// What readers go by, in files that are holes all else.
void write_word(const std::array<FileDescriptor, kSegments>& files, const Geometry& g,
                Input& input) {
  const std::uint64_t window = input.take<std::uint8_t>() * g.window_bytes;
  const std::uint64_t telemetry = window + g.telemetry_at();
  struct Place {
    Segment segment;
    std::uint64_t offset;
  };
  const Place places[] = {
      {Segment::tasks, offsetof(PoolHeader, names)},
      {Segment::tasks, g.client_events_at()},
      {Segment::results, window + offsetof(WorkerRecord, tasks_done)},
      {Segment::results, telemetry + offsetof(WorkerTelemetry, events)},
      {Segment::results, telemetry + offsetof(WorkerTelemetry, failures)},
      {Segment::results, telemetry + offsetof(WorkerTelemetry, queue_time)},
      {Segment::results, telemetry + offsetof(WorkerTelemetry, names[0].run_time)},
      {Segment::facts, offsetof(Facts, deaths)},
  };
  const Place& place = places[input.below(std::size(places))];
  const FileDescriptor& file = files[static_cast<std::size_t>(place.segment)];
  const auto word = input.take<std::uint64_t>();
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < sizeof(word) || place.offset > size - sizeof(word)) return;
  require(::pwrite(file.get(), &word, sizeof(word), static_cast<off_t>(place.offset)) ==
              static_cast<ssize_t>(sizeof(word)),
          "a word can be written into a file");
}

void touch(const void* first, std::size_t size) {
  const auto* bytes = static_cast<const volatile std::byte*>(first);
  if (size != 0) (void)(bytes[0] == bytes[size - 1]);
}

// The ends of all that a reader of this pool may look at.
void look_everywhere(const PoolViews& views) {
  const Geometry& g = views.tasks.geometry;
  touch(views.tasks.base, g.arguments_at());
  touch(&views.tasks.part(g.slots - 1), sizeof(TaskPart));
  touch(&views.tasks.returns(g.workers - 1), sizeof(Returns));
  touch(views.tasks.name(kMaxNames - 1), kNameBytes);
  touch(&views.tasks.trace_mark(g.slots - 1), sizeof(std::uint64_t));
  touch(views.control.base, g.control_bytes());
  touch(views.control.slot_lines().data(), views.control.slot_lines().size_bytes());
  touch(views.control.cells().data(), views.control.cells().size_bytes());
  touch(views.control.park().data(), views.control.park().size_bytes());
  touch(views.control.reservations().data(), views.control.reservations().size_bytes());
  touch(views.results.base, g.results_bytes());
  touch(&views.results.window(g.workers - 1).record(), sizeof(WorkerRecord));
  touch(views.facts.base, g.facts_bytes());
  touch(&views.facts.worker(g.workers - 1), sizeof(WorkerFacts));
}

// What is read of so many workers and events takes the kernel longer than all else, as each page
// that is looked at is there from then on.
bool is_small(const Geometry& g) {
  return g.workers <= 16 && std::uint64_t{g.workers} * g.worker_events <= 1 << 14 &&
         g.client_events <= 1 << 14;
}

void read_everything(const LoadedPool& pool) {
  const Geometry& g = pool.constants().geometry;
  const muster::PoolStats stats = take_snapshot(pool.views());
  require(stats.workers.size() == g.workers, "all workers are told of");
  require(stats.tasks.size() <= kMaxNames, "there are no more names than there is room for");
  require(list_tasks(pool.views()).size() <= g.slots, "a task has a slot");
  require(read_metrics(pool.views()).workers.size() == g.workers, "all workers are counted");
  EventReader events(pool);
  events.read();
  require(events.take().size() <= std::uint64_t{g.workers} * g.worker_events + g.client_events,
          "there are no more events than there is room for");
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  Input input(data, size);
  const auto seals = input.take<std::uint8_t>();
  std::array<std::byte, kPage> page{};
  const auto start = input.take_bytes(kHeaderStart);
  if (!start.empty()) std::memcpy(page.data(), start.data(), start.size());
  // The hash of the layout comes as what is wrong with it, so that a corpus outlives the layout.
  std::uint64_t hash = 0;
  std::memcpy(&hash, page.data() + offsetof(PoolHeader, layout_hash), sizeof(hash));
  hash ^= layout_hash();
  std::memcpy(page.data() + offsetof(PoolHeader, layout_hash), &hash, sizeof(hash));
  Geometry stated;
  std::memcpy(&stated, page.data() + offsetof(PoolHeader, geometry), sizeof(stated));
  const Sizes sizes = sizes_of(input, stated);

  std::array<FileDescriptor, kSegments> files;
  for (std::size_t i = 0; i < kSegments; ++i) {
    const std::span<const std::byte> bytes(page.data(), i == 0 ? page.size() : 0);
    files[i] = make_file(bytes, sizes[i], (seals >> i & 1) == 0);
    if ((seals >> (4 + i) & 1) != 0) files[i].reset();
  }
  for (int words = 0; words < 8 && !input.empty(); ++words) write_word(files, stated, input);
  const PoolLoad load = load_segments(std::move(files));
  require((load.error == LoadError::none) == load.pool.has_value(),
          "there is a pool or the reason why there is none");
  if (!load.pool) return 0;
  require(seals == 0, "no segment is missing, and none can shrink");
  require(load.pool->constants().geometry == stated, "the geometry is the header's");
  look_everywhere(load.pool->views());
  if (is_small(stated)) read_everything(*load.pool);
  return 0;
}
