#include "lib/common/file_descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace muster::detail {

void FileDescriptor::exchange() {
  const int standard = fd_;
  fd_ = ::fcntl(standard, F_DUPFD_CLOEXEC, kStandard);
  const int error = errno;
  ::close(standard);
  errno = error;
}

void FileDescriptor::reset() {
  // Not repeated on EINTR: on Linux the descriptor is gone either way.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace muster::detail
