#include "regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

namespace muster_tool {

using muster::detail::FileDescriptor;

FileDescriptor open_regular(const std::string& path, std::optional<std::uint64_t> inode) {
  // This opens nothing, and cannot become another file between the look and the open.
  const FileDescriptor handle(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!handle || ::fstat(handle.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if (inode && status.st_ino != *inode) return {};
  const std::string same = fmt::format("/proc/self/fd/{}", handle.get());
  return FileDescriptor(::open(same.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace muster_tool
