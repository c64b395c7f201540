#include "socket_bytes.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace muster_tool::http {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kToFinish = std::chrono::milliseconds(500);

// False: it was not so by then.
bool await(int socket, short what, Clock::time_point until) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(std::max(until - Clock::now(), {}));
    pollfd waits{socket, what, 0};
    const int found = ::poll(&waits, 1, static_cast<int>(left.count()));
    if (found > 0) return true;
    if (found == 0 || errno != EINTR) return false;
  }
}

bool passing() { return errno == EINTR || errno == EAGAIN; }

}  // namespace

SocketBytes::SocketBytes(int socket, Limits limits)
    : socket_(socket),
      limits_(limits),
      read_until_(Clock::now() + limits.to_read),
      left_(limits.bytes) {}

bool SocketBytes::fill() {
  std::array<char, 4096> bytes{};
  if (left_ == 0) return false;
  for (;;) {
    if (!await(socket_, POLLIN, read_until_)) return false;
    const ssize_t got = ::recv(socket_, bytes.data(), std::min(bytes.size(), left_), MSG_DONTWAIT);
    if (got < 0 && passing()) continue;
    if (got < 0) return false;
    buffer_.assign(bytes.begin(), bytes.begin() + got);
    begin_ = 0;
    left_ -= static_cast<std::size_t>(got);
    return true;
  }
}

ssize_t SocketBytes::read(char* to, std::size_t size) {
  if (begin_ == buffer_.size() && !fill()) return -1;
  const std::size_t count = std::min(size, buffer_.size() - begin_);
  std::memcpy(to, buffer_.data() + begin_, count);
  begin_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t SocketBytes::write(const char* from, std::size_t size) {
  const Clock::time_point until = Clock::now() + limits_.to_write;
  std::size_t sent = 0;
  while (sent < size) {
    const ssize_t now = ::send(socket_, from + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (now >= 0) {
      sent += static_cast<std::size_t>(now);
    } else if (!passing() || !await(socket_, POLLOUT, until)) {
      return -1;
    }
    if (sent < size && Clock::now() >= until) return -1;
  }
  return static_cast<ssize_t>(size);
}

void SocketBytes::finish() {
  if (::shutdown(socket_, SHUT_WR) != 0) return;
  const Clock::time_point until = Clock::now() + kToFinish;
  std::array<char, 4096> bytes{};
  std::size_t most = 1u << 20u;
  while (most > bytes.size() && Clock::now() < until && await(socket_, POLLIN, until)) {
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && !passing())) return;
    if (got > 0) most -= static_cast<std::size_t>(got);
  }
}

}  // namespace muster_tool::http
