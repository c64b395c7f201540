#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "address.hpp"

namespace muster_tool::http {

// What a request says of itself, as far as it decides whether it is answered. "": not said.
struct Claim {
  std::string method;
  std::string host;
  std::string origin;
  std::string fetch_site;
  std::string authorization;
  std::string cookie;
  std::string token;  // of the address: ?token=...
};

// Who is asked for a token.
enum class Asked {
  nobody,
  other_users,  // programs of other users of this machine, and of other machines
  everybody,
};

// Who may ask: the pages that this server has served, and who types its address.
//
// A page of another site can make a browser ask, too, and by giving its own name this machine's
// address (DNS rebinding) even read the answers. Such requests have another host, or say another
// origin.
//
// Thread safety: of constants.
class Guard {
 public:
  enum class Verdict {
    pass,
    pass_with_token,  // it came in the address: a cookie is to take its place
    other_host,
    other_origin,
    only_reading,  // not GET and not HEAD
    no_token,
  };

  // `token`: what those who are asked for it must say.
  Guard(Address address, std::string token, Asked asked);

  // `trusted`: whether the other end is a program of this user; called where it matters.
  Verdict judge(const Claim& claim, const std::function<bool()>& trusted) const;

  // "Set-Cookie".
  std::string cookie() const;
  std::string_view cookie_name() const { return cookie_name_; }

 private:
  bool own_host(std::string_view host) const;
  bool has_token(const Claim& claim) const;

  Address address_;
  std::string own_name_;
  std::string token_;
  std::string cookie_name_;  // cookies do not tell ports apart
  Asked asked_;
};

// Of 32 hexadecimal digits from the kernel's random numbers. Throws std::system_error.
std::string make_token();

}  // namespace muster_tool::http
