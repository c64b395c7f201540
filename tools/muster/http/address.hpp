#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster_tool::http {

// Where to listen.
struct Address {
  std::string host;  // numeric: "127.0.0.1", "::1", "0.0.0.0"
  int port = 0;      // 0: any that is free

  // Only programs of this machine reach it.
  bool loopback() const;
  // Every address of this machine.
  bool any() const;
  // "127.0.0.1:8765", "[::1]:8765".
  std::string str() const;
};

// "127.0.0.1:8765", "localhost:0", "[::1]:8765", or "8765" for 127.0.0.1; none where it is
// something else. Names but localhost are not taken: who they are is for others to say.
std::optional<Address> parse_address(std::string_view words);

// The host and the port in "name:port", where the port may be missing: -1. None where it is
// malformed.
struct HostAndPort {
  // In small letters; an IPv6 address without its brackets, in the shortest form, and as one of
  // IPv4 where it stands for that.
  std::string host;
  int port = -1;
  bool numeric = false;  // an address, no name
};
std::optional<HostAndPort> split_host(std::string_view words);

}  // namespace muster_tool::http
