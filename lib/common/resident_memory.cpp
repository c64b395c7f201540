#include "lib/common/resident_memory.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

ResidentMemory resident_memory_in(int statm) noexcept {
  ResidentMemory memory;
  // Pages in all, then pages that are in memory, then those of them that are of files.
  std::array<char, 128> text{};
  if (statm < 0 || ::pread(statm, text.data(), text.size() - 1, 0) <= 0) return memory;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  char* end = nullptr;
  memory.address_space = std::strtoull(text.data(), &end, 10) * page;
  memory.now = std::strtoull(end, &end, 10) * page;
  const std::uint64_t of_files = std::strtoull(end, &end, 10) * page;
  memory.own = memory.now - std::min(memory.now, of_files);
  memory.high_water = memory.now;
  return memory;
}

ResidentMemory resident_memory() noexcept {
  const FileDescriptor file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  ResidentMemory memory = resident_memory_in(file.get());
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto high_water = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // told in KiB
    memory.high_water = std::max(memory.high_water, high_water);
  }
  return memory;
}

}  // namespace muster::detail
