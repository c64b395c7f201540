#include "worker/block_opener.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

#include <muster/error.hpp>

namespace muster::detail {

namespace {

std::string path_of(pid_t client, int fd) {
  return "/proc/" + std::to_string(client) + "/fd/" + std::to_string(fd);
}

}  // namespace

FileDescriptor BlockOpener::open(const BlockReference& reference,
                                 SharedBlock::Access access) const {
  const bool read_only = access == SharedBlock::Access::read_only;
  const std::string path = path_of(client_, reference.fd);
  FileDescriptor fd;
  int error = 0;
  if (asker_) {
    using Kind = BlockRequest::Kind;
    error = asker_.ask(
        {read_only ? Kind::open_read_only : Kind::open_read_write, reference.fd, reference.id}, fd);
  } else {
    fd = FileDescriptor(::open(path.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC));
    error = errno;
  }
  if (fd) return fd;
  std::string text = "a worker cannot open an array in shared memory through " + path + ": " +
                     std::generic_category().message(error);
  if (error == EACCES || error == EPERM) {
    text +=
        "; the client is not dumpable (prctl(2), PR_SET_DUMPABLE), or its worker has changed "
        "its user";
  }
  throw EncodingError(text);
}

bool BlockOpener::client_has(const BlockReference& reference) const {
  if (asker_) {
    FileDescriptor unused;
    return asker_.ask({BlockRequest::Kind::look, reference.fd, reference.id}, unused) == 0;
  }
  struct stat status {};
  return ::stat(path_of(client_, reference.fd).c_str(), &status) == 0 &&
         status.st_ino == reference.id;
}

}  // namespace muster::detail
