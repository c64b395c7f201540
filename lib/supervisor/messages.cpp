#include "lib/supervisor/messages.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "lib/common/record_socket.hpp"

namespace muster::detail {

namespace {

// A kernel that is short of memory for a message gets some for it within a moment, or not at all.
class Patience {
 public:
  // Pauses. False: it has lasted. Then nothing more can be said, and the socket is closed for both
  // sides: each of them ends the pool when its peer is gone.
  bool try_again(int socket) {
    if (pauses_++ == kMostPauses) {
      ::shutdown(socket, SHUT_RDWR);
      return false;
    }
    const timespec pause{0, 1'000'000};
    ::nanosleep(&pause, nullptr);
    return true;
  }

 private:
  static constexpr int kMostPauses = 2000;
  int pauses_ = 0;
};

// Waits until there is room, as far as the kernel says. False: the peer has ended.
bool await_room(int socket, int peer) {
  pollfd fds[] = {{socket, POLLOUT, 0}, {peer, POLLIN, 0}};
  const int ready = ::poll(fds, 2, -1);
  return ready < 0 || fds[1].revents == 0;
}

template <std::size_t N>
void put(char (&to)[N], const char* from) {
  const std::size_t length = std::min(std::strlen(from), N - 1);
  std::memcpy(to, from, length);
  to[length] = '\0';
}

bool short_of_memory(int error) { return error == ENOMEM || error == ENOBUFS; }

}  // namespace

void Message::set_text(const char* from) { put(text, from); }
void Message::set_remain(const char* from) { put(remain, from); }

std::string does_not_end(std::uint32_t worker, pid_t pid) {
  return "; worker " + std::to_string(worker) + " (pid " + std::to_string(pid) +
         ") does not end of SIGKILL and was given up";
}

bool send_message(int socket, const Message& message, SendMode mode, int fd_along, int peer) {
  const bool waits = mode == SendMode::wait;
  const std::span files(&fd_along, fd_along >= 0 ? 1 : 0);
  Patience patience;
  while (true) {
    if (send_record(socket, &message, sizeof(message), files, MSG_DONTWAIT) >= 0) return true;
    if (errno == EINTR) continue;
    // Who waits for room waits for memory, too: a message that got lost would never be made up for.
    const bool full = errno == EAGAIN;
    if (!waits || !(short_of_memory(errno) || full)) return false;
    if (full && !await_room(socket, peer)) return false;
    if (!patience.try_again(socket)) return false;
  }
}

ReceiveResult receive_message(int socket, Message& message, FileDescriptor& fd_along) {
  ssize_t got = 0;
  Patience patience;
  do {
    got = receive_record(socket, &message, sizeof(message), {&fd_along, 1}, MSG_DONTWAIT);
    // A reset is reported once and before what the peer had sent: it left with a message of ours
    // unread, and its last words are still to come.
  } while (got < 0 && (errno == EINTR || errno == ECONNRESET ||
                       (short_of_memory(errno) && patience.try_again(socket))));
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return ReceiveResult::none;
  // Another error, and a record of another size: the peer as we know it is gone.
  if (got != static_cast<ssize_t>(sizeof(message))) return ReceiveResult::closed;
  message.text[sizeof(message.text) - 1] = '\0';
  return ReceiveResult::message;
}

}  // namespace muster::detail
