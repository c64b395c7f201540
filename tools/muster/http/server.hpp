#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "address.hpp"
#include "connections.hpp"
#include "guard.hpp"

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace muster_tool::http {

// Answers those that the guard lets pass, and only reads. Slow clients hold up nobody: a request
// has seconds to arrive and an answer to be taken, and where all connections are in use, the one
// that has been waited for longest has to go for a new one.
//
// Thread safety: one thread at a time.
class Server {
 public:
  struct Settings {
    Address address;
    std::string token;
    Asked asked = Asked::everybody;
    std::size_t threads = 8;  // connections that are answered at a time
    std::string home = "/";   // where a browser goes that has brought the token in an address
  };
  // What to say to a request that has passed. Called by several threads, maybe before the
  // constructor has returned.
  using Answer =
      std::function<void(const httplib::Request&, httplib::Response&, Connections& connections)>;

  // Listens. Throws muster::Error where it cannot.
  Server(Settings settings, Answer answers);
  // Cuts off who is connected. Who waits for something else must be told before.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // With the port that it has.
  const Address& address() const;

 private:
  struct Running;
  std::unique_ptr<Running> running_;
};

// Answers with a sentence.
void answer(httplib::Response& response, int status, const std::string& sentence);

}  // namespace muster_tool::http
