#include "peer.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>

namespace muster_tool::http {

namespace {

// Enough for IPv4, too, as the addresses are that stand for it in IPv6: ::ffff:127.0.0.1.
struct End {
  in6_addr address{};
  in_port_t port = 0;  // in the network's order

  bool is_ipv4() const { return IN6_IS_ADDR_V4MAPPED(&address); }
};

End to_end(const sockaddr_storage& address) {
  End end;
  if (address.ss_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof ipv4);
    end.address.s6_addr[10] = end.address.s6_addr[11] = 0xff;
    std::memcpy(&end.address.s6_addr[12], &ipv4.sin_addr, sizeof ipv4.sin_addr);
    end.port = ipv4.sin_port;
  } else {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof ipv6);
    end.address = ipv6.sin6_addr;
    end.port = ipv6.sin6_port;
  }
  return end;
}

// As /proc/net/tcp and tcp6 write it: each word of the address from `first` on in hexadecimal, then
// the port.
std::string in_table(const End& end, std::size_t first) {
  std::string text;
  for (std::size_t i = first; i < 4; ++i) {
    std::uint32_t word = 0;
    std::memcpy(&word, &end.address.s6_addr[i * 4], sizeof word);
    text += fmt::format("{:08X}", word);
  }
  return text + fmt::format(":{:04X}", ntohs(end.port));
}

// Whose socket connects these, in a table of /proc.
std::optional<uid_t> user_in(const char* path, const std::string& from, const std::string& to) {
  std::ifstream table(path);
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string number, local, remote, state, queues, timer, retransmits;
    unsigned user = 0;
    unsigned long timeout = 0;
    unsigned long inode = 0;
    words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
        timeout >> inode;
    // A socket that its program has closed already has no inode, and says that it is root's.
    if (words && local == from && remote == to && inode != 0) return user;
  }
  return std::nullopt;
}

}  // namespace

std::optional<uid_t> peer_user(int socket) {
  sockaddr_storage own{};
  sockaddr_storage other{};
  socklen_t size = sizeof own;
  // sockets are told apart by their family, as the interface has it
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) != 0) return std::nullopt;
  size = sizeof other;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&other), &size) != 0) return std::nullopt;
  const End here = to_end(own);
  const End there = to_end(other);
  // The other end of IPv4 may be a socket of either family, whatever this one is of.
  if (there.is_ipv4()) {
    const auto user = user_in("/proc/net/tcp", in_table(there, 3), in_table(here, 3));
    if (user) return user;
  }
  return user_in("/proc/net/tcp6", in_table(there, 0), in_table(here, 0));
}

}  // namespace muster_tool::http
