#include "lib/common/file_descriptor.hpp"

#include <unistd.h>

namespace muster::detail {

void FileDescriptor::reset() {
  // Not repeated on EINTR: on Linux the descriptor is gone either way.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace muster::detail
