#include "prove/pool_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace prove {

using muster::detail::FileDescriptor;
using muster::detail::FoundPool;
using muster::detail::kSegments;
using muster::detail::Segment;

PoolMemory::PoolMemory(const std::string& pool_name) {
  const auto held = muster::detail::segments_held_by(::getpid());
  if (!held || !held->contains(pool_name)) {
    throw std::runtime_error("pool \"" + pool_name + "\" has no memory in this process");
  }
  FoundPool found;
  found.name = pool_name;
  for (std::size_t i = 0; i < kSegments; ++i) {
    const auto& places = held->at(pool_name)[i];
    if (places.size() != 1) throw std::runtime_error("pool \"" + pool_name + "\" is not one pool");
    found.segments[i] = places.front();
  }
  auto load = muster::detail::load_pool(found);
  if (!load.pool) {
    throw std::runtime_error("the memory of pool \"" + pool_name + "\" cannot be read (error " +
                             std::to_string(static_cast<int>(load.error)) + ")");
  }
  pool_.emplace(std::move(*load.pool));
  const std::string path =
      "/proc/self/fd/" +
      std::to_string(found.segments[static_cast<std::size_t>(Segment::tasks)]->fd);
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  void* const base = ::mmap(nullptr, geometry().tasks_bytes(), PROT_READ,
                            MAP_SHARED | MAP_NORESERVE, file.get(), 0);
  if (base == MAP_FAILED) throw std::runtime_error("the pool's arguments cannot be mapped");
  ::madvise(base, geometry().tasks_bytes(), MADV_DONTFORK);
  tasks_ = {static_cast<std::byte*>(base), geometry()};
}

PoolMemory::~PoolMemory() { ::munmap(tasks_.base, geometry().tasks_bytes()); }

}  // namespace prove
