#include "peer.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>

namespace muster_tool::http {

namespace {

// As /proc/net/tcp and tcp6 write it: each word of the address in hexadecimal, then the port.
std::string in_table(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof ipv4);
    return fmt::format("{:08X}:{:04X}", ipv4.sin_addr.s_addr, ntohs(ipv4.sin_port));
  }
  sockaddr_in6 ipv6{};
  std::memcpy(&ipv6, &address, sizeof ipv6);
  std::string text;
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint32_t word = 0;
    std::memcpy(&word, &ipv6.sin6_addr.s6_addr[i * 4], sizeof word);
    text += fmt::format("{:08X}", word);
  }
  return text + fmt::format(":{:04X}", ntohs(ipv6.sin6_port));
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
  const std::string here = in_table(own);
  const std::string there = in_table(other);

  std::ifstream table(own.ss_family == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6");
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string number, local, remote, state, queues, timer, retransmits;
    unsigned user = 0;
    unsigned long timeout = 0;
    unsigned long inode = 0;
    words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
        timeout >> inode;
    // A socket that its program has closed already has no inode, and says that it is root's.
    if (words && local == there && remote == here && inode != 0) return user;
  }
  return std::nullopt;
}

}  // namespace muster_tool::http
