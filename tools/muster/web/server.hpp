#pragma once

#include <string>

#include "journal.hpp"
#include "tools/muster/http/server.hpp"

namespace muster_tool::web {

// Serves the page, and the journal as server-sent events. There is no request that would change
// anything.
//
// Thread safety: one thread at a time.
class Server {
 public:
  // Listens. Throws muster::Error where it cannot. `interval`: of the feed, in seconds.
  Server(http::Server::Settings settings, Journal& journal, double interval);
  // Closes the journal, for those who wait for it.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // With the port that it has.
  const http::Address& address() const { return server_.address(); }

 private:
  void handle(const httplib::Request& request, httplib::Response& response,
              http::Connections& connections) const;
  void stream(const httplib::Request& request, httplib::Response& response,
              http::Connections& connections) const;

  Journal& journal_;
  const double interval_;
  http::Server server_;
};

}  // namespace muster_tool::web
