#include "prove/pool_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

#include "support/own_pool.hpp"

namespace prove {

using muster::detail::FileDescriptor;
using muster::detail::Segment;

PoolMemory::PoolMemory(const std::string& pool_name) {
  const auto found = test_support::find_own_pool(pool_name);
  pool_.emplace(test_support::load_own_pool(found));
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
