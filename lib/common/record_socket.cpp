#include "lib/common/record_socket.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace muster::detail {

ssize_t send_record(int socket, const void* record, std::size_t size, int fd_along, int flags) {
  iovec part{const_cast<void*>(record), size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (fd_along >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof(control);
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(c), &fd_along, sizeof(int));
  }
  const ssize_t sent = ::sendmsg(socket, &header, MSG_NOSIGNAL | flags);
  if (sent >= 0 && static_cast<std::size_t>(sent) != size) {
    errno = EMSGSIZE;
    return -1;
  }
  return sent;
}

ssize_t receive_record(int socket, void* record, std::size_t size, FileDescriptor& fd_along) {
  iovec part{record, size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = CMSG_LEN(sizeof(int));  // its padding would hold one more
  const ssize_t got = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC);
  if (got < 0) return got;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    fd_along = FileDescriptor(fd);
  }
  return got;
}

}  // namespace muster::detail
