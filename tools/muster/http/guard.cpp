#include "guard.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace muster_tool::http {

namespace {

// Takes as long whether they differ early or late.
bool same_secret(std::string_view given, std::string_view secret) {
  volatile unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto a = static_cast<unsigned char>(given[i]);
    const auto b = static_cast<unsigned char>(secret[i % secret.size()]);
    difference = difference | static_cast<unsigned>(a ^ b);
  }
  return difference == 0;
}

// The value of that name in "a=1; b=2".
std::string_view cookie_value(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::size_t end = std::min(cookies.find(';'), cookies.size());
    std::string_view one = cookies.substr(0, end);
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=') {
      return one.substr(name.size() + 1);
    }
  }
  return {};
}

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "";
  const auto split = split_host(name.data());
  return split ? split->host : "";
}

}  // namespace

Guard::Guard(Address address, std::string token, Asked asked)
    : address_(std::move(address)),
      own_name_(machine_name()),
      token_(std::move(token)),
      cookie_name_(fmt::format("muster-{}", address_.port)),
      asked_(asked) {}

bool Guard::own_host(std::string_view host) const {
  const auto asked = split_host(host);
  if (!asked || (asked->port < 0 ? 80 : asked->port) != address_.port) return false;
  // An address cannot be made to mean another one; a name can.
  if (address_.any()) {
    return asked->numeric || asked->host == "localhost" || asked->host == own_name_;
  }
  if (asked->host == address_.host) return true;
  if (!address_.loopback()) return asked->host == own_name_;
  return asked->host == "localhost" || asked->host == "127.0.0.1" || asked->host == "::1";
}

bool Guard::has_token(const Claim& claim) const {
  constexpr std::string_view kBearer = "Bearer ";
  std::string_view bearer = claim.authorization;
  if (bearer.starts_with(kBearer)) {
    bearer.remove_prefix(kBearer.size());
    if (same_secret(bearer, token_)) return true;
  }
  return same_secret(cookie_value(claim.cookie, cookie_name_), token_);
}

Guard::Verdict Guard::judge(const Claim& claim, const std::function<bool()>& trusted) const {
  if (!own_host(claim.host)) return Verdict::other_host;
  if (!claim.origin.empty() && claim.origin != "http://" + claim.host) return Verdict::other_origin;
  if (!claim.fetch_site.empty() && claim.fetch_site != "same-origin" &&
      claim.fetch_site != "none") {
    return Verdict::other_origin;
  }
  if (claim.method != "GET" && claim.method != "HEAD") return Verdict::only_reading;
  if (asked_ == Asked::nobody) return Verdict::pass;
  if (!claim.token.empty() && same_secret(claim.token, token_)) return Verdict::pass_with_token;
  if (has_token(claim)) return Verdict::pass;
  if (asked_ == Asked::other_users && trusted()) return Verdict::pass;
  return Verdict::no_token;
}

std::string Guard::cookie() const {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", cookie_name_, token_);
}

std::string make_token() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw std::system_error(errno, std::generic_category(), "no random numbers for a token");
  }
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

}  // namespace muster_tool::http
