#include "lib/common/record_socket.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace muster::detail {

namespace {

constexpr std::size_t kMostBytesAlong = kMostFilesAlong * sizeof(int);

}  // namespace

ssize_t send_record(int socket, const void* record, std::size_t size, std::span<const int> files,
                    int flags) {
  iovec part{const_cast<void*>(record), size};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostBytesAlong)] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!files.empty()) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(files.size_bytes());
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(files.size_bytes());
    std::memcpy(CMSG_DATA(c), files.data(), files.size_bytes());
  }
  const ssize_t sent = ::sendmsg(socket, &header, MSG_NOSIGNAL | flags);
  if (sent >= 0 && static_cast<std::size_t>(sent) != size) {
    errno = EMSGSIZE;
    return -1;
  }
  return sent;
}

ssize_t receive_record(int socket, void* record, std::size_t size, std::span<FileDescriptor> files,
                       int flags) {
  iovec part{record, size};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostBytesAlong)] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  // Not CMSG_SPACE: its padding would hold one more.
  header.msg_controllen = CMSG_LEN(files.size() * sizeof(int));
  const ssize_t got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_TRUNC | flags);
  if (got < 0) return got;
  std::size_t taken = 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
      FileDescriptor file(fd);
      if (taken < files.size()) files[taken++] = std::move(file);
    }
  }
  return got;
}

}  // namespace muster::detail
