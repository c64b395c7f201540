#include "lib/common/resident_memory.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

ResidentMemory resident_memory() noexcept {
  ResidentMemory memory;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    memory.high_water = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // told in KiB
  }
  // Pages in all, then pages that are in memory.
  const FileDescriptor file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 128> text{};
  if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0) return memory;
  char* end = nullptr;
  std::strtoull(text.data(), &end, 10);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  memory.now = std::strtoull(end, nullptr, 10) * page;
  memory.high_water = std::max(memory.high_water, memory.now);
  return memory;
}

}  // namespace muster::detail
