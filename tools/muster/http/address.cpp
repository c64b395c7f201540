#include "address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace muster_tool::http {

namespace {

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

// The one way of writing it; that of IPv4 for such as stand for one, which it then is. "": no
// address.
std::string from_ipv6(const std::string& host) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_pton(AF_INET6, host.c_str(), &address) != 1) return "";
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    ::inet_ntop(AF_INET, &address.s6_addr[12], text.data(), text.size());
  } else {
    ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  }
  return text.data();
}

std::optional<int> parse_port(std::string_view words) {
  int port = -1;
  const char* const end = words.data() + words.size();
  const auto [rest, error] = std::from_chars(words.data(), end, port);
  if (error != std::errc() || rest != end || port < 0 || port > 65535) return std::nullopt;
  return port;
}

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool Address::loopback() const { return host.starts_with("127.") || host == "::1"; }

bool Address::any() const { return host == "0.0.0.0" || host == "::"; }

std::string Address::str() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::optional<HostAndPort> split_host(std::string_view words) {
  HostAndPort result;
  std::string_view rest;
  if (words.starts_with('[')) {
    const std::size_t end = words.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    result.host = from_ipv6(std::string(words.substr(1, end - 1)));
    if (result.host.empty()) return std::nullopt;
    result.numeric = true;
    rest = words.substr(end + 1);
  } else {
    const std::size_t end = std::min(words.find(':'), words.size());
    result.host = words.substr(0, end);
    result.numeric = is_ipv4(result.host);
    rest = words.substr(end);
  }
  if (result.host.empty()) return std::nullopt;
  std::transform(result.host.begin(), result.host.end(), result.host.begin(), small);
  if (rest.empty()) return result;
  const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  result.port = *port;
  return result;
}

std::optional<Address> parse_address(std::string_view words) {
  if (const auto port = parse_port(words)) return Address{"127.0.0.1", *port};
  auto split = split_host(words);
  if (!split || split->port < 0) return std::nullopt;
  if (split->host == "localhost") {
    split->host = "127.0.0.1";
  } else if (!split->numeric) {
    return std::nullopt;
  }
  return Address{std::move(split->host), split->port};
}

}  // namespace muster_tool::http
