#include "lib/supervisor/messages.hpp"

#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace muster::detail {

void Message::set_text(const char* from) {
  const std::size_t length = std::min(std::strlen(from), sizeof(text) - 1);
  std::memcpy(text, from, length);
  text[length] = '\0';
}

bool send_message(int socket, const Message& message, SendMode mode, int fd_along) {
  Message copy = message;
  iovec part{&copy, sizeof(copy)};
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
  const bool waits = mode == SendMode::wait;
  while (true) {
    const ssize_t sent = ::sendmsg(socket, &header, MSG_NOSIGNAL | (waits ? 0 : MSG_DONTWAIT));
    if (sent >= 0) return sent == static_cast<ssize_t>(sizeof(copy));
    if (errno == EINTR) continue;
    // The kernel is short of memory for a moment. Who waits for room waits for that, too: a message
    // that got lost would never be made up for.
    const bool short_of_memory = errno == ENOMEM || errno == ENOBUFS || errno == EAGAIN;
    if (!waits || !short_of_memory) return false;
    const timespec pause{0, 1'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

ReceiveResult receive_message(int socket, Message& message, FileDescriptor& fd_along,
                              bool& truncated) {
  iovec part{&message, sizeof(message)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    // A reset is reported once and before what the peer had sent: it left with a message of ours
    // unread, and its last words are still to come.
  } while (got < 0 && (errno == EINTR || errno == ECONNRESET));
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return ReceiveResult::none;
  // The kernel is short of memory for a moment: the message is there still, and a poll says so.
  if (got < 0 && (errno == ENOMEM || errno == ENOBUFS)) return ReceiveResult::none;
  // Another error, and a record of another size: the peer as we know it is gone.
  if (got != static_cast<ssize_t>(sizeof(message))) return ReceiveResult::closed;
  message.text[sizeof(message.text) - 1] = '\0';
  truncated = (header.msg_flags & MSG_CTRUNC) != 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    fd_along = FileDescriptor(fd);
  }
  return ReceiveResult::message;
}

}  // namespace muster::detail
