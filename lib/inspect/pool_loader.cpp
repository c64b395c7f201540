#include "lib/inspect/pool_loader.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include <muster/error.hpp>

namespace muster::detail {

namespace bip = boost::interprocess;

namespace {

LoadError error_of(int error) {
  switch (error) {
    case EACCES:
    case EPERM: return LoadError::not_permitted;
    case EMFILE:
    case ENFILE:
    case ENOMEM: return LoadError::no_memory;
    default: return LoadError::gone;
  }
}

// Two steps: what stands under that number may be a pipe by now, whose opening could block. An
// O_PATH descriptor opens nothing and cannot become another file.
LoadError open_place(const SegmentPlace& place, FileDescriptor& out) {
  const std::string path =
      "/proc/" + std::to_string(place.holder) + "/fd/" + std::to_string(place.fd);
  const FileDescriptor handle(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!handle) return error_of(errno);
  struct stat status {};
  if (::fstat(handle.get(), &status) != 0) return error_of(errno);
  if (status.st_dev != place.device || status.st_ino != place.inode) return LoadError::gone;
  const std::string same = "/proc/self/fd/" + std::to_string(handle.get());
  out = FileDescriptor(::open(same.c_str(), O_RDONLY | O_CLOEXEC));
  return out ? LoadError::none : error_of(errno);
}

// A file that could still shrink would end this process by a signal in the middle of a read, and so
// would one of huge pages, of which there may be none for what was never written.
bool can_be_read_to_its_end(int fd) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  struct statfs system {};
  return seals >= 0 && (seals & F_SEAL_SHRINK) != 0 && ::fstatfs(fd, &system) == 0 &&
         system.f_type == TMPFS_MAGIC;
}

using HeaderStart = std::array<std::byte, kHeaderStart>;

// The magic word first: it is written last, so what is read after it was there before it. A file
// that is shorter leaves zeros.
HeaderStart read_start(int fd) {
  HeaderStart start{};
  constexpr std::size_t kMagic = sizeof(PoolHeader::magic);
  static_assert(offsetof(PoolHeader, magic) == 0);
  if (::pread(fd, start.data(), kMagic, 0) != kMagic ||
      ::pread(fd, start.data() + kMagic, kHeaderStart - kMagic, kMagic) < 0) {
    return {};
  }
  return start;
}

}  // namespace

LoadedPool::LoadedPool(const PoolConstants& constants, std::array<Region, kSegments> regions)
    : constants_(constants), regions_(std::move(regions)) {
  const auto base = [this](Segment which) {
    return static_cast<std::byte*>(regions_[static_cast<std::size_t>(which)].get_address());
  };
  const Geometry& g = constants_.geometry;
  views_ = {{base(Segment::tasks), g},
            {base(Segment::control), g},
            {base(Segment::results), g},
            {base(Segment::facts), g}};
}

PoolLoad load_segments(std::array<FileDescriptor, kSegments> segments) {
  const FileDescriptor& tasks = segments[static_cast<std::size_t>(Segment::tasks)];
  if (!tasks) return {LoadError::corrupt, std::nullopt};
  const HeaderStart start = read_start(tasks.get());
  // Before anything else: another version may have other segments.
  if (const LoadError error = check_identity(start); error != LoadError::none) {
    return {error, std::nullopt};
  }
  std::array<std::uint64_t, kSegments> sizes{};
  for (std::size_t i = 0; i < kSegments; ++i) {
    struct stat status {};
    if (!segments[i] || ::fstat(segments[i].get(), &status) != 0 ||
        !can_be_read_to_its_end(segments[i].get())) {
      return {LoadError::corrupt, std::nullopt};
    }
    sizes[i] = static_cast<std::uint64_t>(status.st_size);
  }
  PoolConstants constants;
  if (const LoadError error = check_header(start, sizes, constants); error != LoadError::none) {
    return {error, std::nullopt};
  }
  const Geometry& g = constants.geometry;
  // Of the tasks all but the arguments, which are nobody else's business.
  const std::array<std::size_t, kSegments> lengths{g.arguments_at(), g.control_bytes(),
                                                   g.results_bytes(), g.facts_bytes()};
  std::array<LoadedPool::Region, kSegments> regions;
  try {
    for (std::size_t i = 0; i < kSegments; ++i) {
      const Memfd memory = Memfd::adopt(std::move(segments[i]), bip::read_only, sizes[i]);
      regions[i] = map_shared(memory, bip::read_only, 0, lengths[i]);
    }
  } catch (const Error&) {
    return {LoadError::no_memory, std::nullopt};
  }
  return {LoadError::none, LoadedPool(constants, std::move(regions))};
}

PoolLoad load_pool(const FoundPool& found) {
  std::array<FileDescriptor, kSegments> segments;
  for (std::size_t i = 0; i < kSegments; ++i) {
    if (!found.segments[i]) continue;
    const LoadError error = open_place(*found.segments[i], segments[i]);
    if (error != LoadError::none) return {error, std::nullopt};
  }
  PoolLoad load = load_segments(std::move(segments));
  if (load.error == LoadError::corrupt && found.ambiguous) load.error = LoadError::ambiguous;
  return load;
}

}  // namespace muster::detail
