// A tool that attaches to memory that calls itself a pool's: four files of any size, sealed or not,
// whose first page says anything. What is believed can be read to its ends.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "lib/inspect/pool_loader.hpp"

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
  touch(views.control.base, g.control_bytes());
  touch(views.control.slot_lines().data(), views.control.slot_lines().size_bytes());
  touch(views.control.cells().data(), views.control.cells().size_bytes());
  touch(views.control.park().data(), views.control.park().size_bytes());
  touch(views.control.reservations().data(), views.control.reservations().size_bytes());
  touch(views.results.base, g.results_bytes());
  touch(&views.results.window(g.workers - 1).record(), sizeof(WorkerRecord));
  touch(views.facts.base, g.facts_bytes());
  touch(&views.facts.worker(g.workers - 1), sizeof(WorkerFacts));
  // Each worker's page is read: with thousands of them that takes the kernel longer than all else.
  if (g.workers > 64) return;
  require(take_snapshot(views).workers.size() == g.workers, "all workers are told of");
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  Input input(data, size);
  const auto seals = input.take<std::uint8_t>();
  std::array<std::byte, kPage> page{};
  const auto start = input.take_bytes(sizeof(PoolHeader));
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
  const PoolLoad load = load_segments(std::move(files));
  require((load.error == LoadError::none) == load.pool.has_value(),
          "there is a pool or the reason why there is none");
  if (!load.pool) return 0;
  require(seals == 0, "no segment is missing, and none can shrink");
  require(load.pool->constants().geometry == stated, "the geometry is the header's");
  look_everywhere(load.pool->views());
  return 0;
}
