#include "server.hpp"

#include <httplib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include <muster/error.hpp>

#include "peer.hpp"
#include "socket_bytes.hpp"

namespace muster_tool::http {

namespace {

constexpr int kBacklog = 64;
constexpr SocketBytes::Limits kLimits{std::chrono::seconds(5), std::chrono::seconds(10), 8192};

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

httplib::Headers headers_of_all() {
  return {{"Content-Security-Policy", kPolicy},
          {"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Cache-Control", "no-store"}};
}

// The library refuses methods that it does not know as bad requests, before anybody is asked.
httplib::Server::HandlerResponse only_reading(const httplib::Request& request,
                                              httplib::Response& response) {
  const bool other = !request.method.empty() && request.method != "GET" &&
                     request.method != "HEAD" && request.version.starts_with("HTTP/1.");
  if (response.status != 400 || !other) return httplib::Server::HandlerResponse::Unhandled;
  response.set_header("Allow", "GET, HEAD");
  answer(response, 405, "There is nothing here that could be changed.");
  return httplib::Server::HandlerResponse::Handled;
}

class QueueOfConnections : public httplib::TaskQueue {
 public:
  explicit QueueOfConnections(Connections& connections) : connections_(connections) {}
  void enqueue(std::function<void()> job) override { connections_.enqueue(std::move(job)); }
  void shutdown() override { connections_.stop(); }

 private:
  Connections& connections_;
};

class SocketStream : public httplib::Stream {
 public:
  explicit SocketStream(int socket) : socket_(socket), bytes_(socket, kLimits) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override { return bytes_.read(to, size); }
  ssize_t write(const char* from, std::size_t size) override { return bytes_.write(from, size); }
  // Nothing here asks for them.
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  int socket() const override { return socket_; }
  void finish() { bytes_.finish(); }

 private:
  const int socket_;
  SocketBytes bytes_;
};

// As the requests of one connection come from one thread.
thread_local int this_connection = -1;

bool peer_is_trusted() {
  const auto user = peer_user(this_connection);
  return user && (*user == ::geteuid() || *user == 0);
}

}  // namespace

struct Server::Running : httplib::Server {
  Running(Settings wanted, Answer what)
      : settings(std::move(wanted)), answers(std::move(what)), connections(settings.threads) {}

  void listen_at();
  // Also where it has not begun to, which stop() would not wait for.
  void stop_listening() { ::shutdown(svr_sock_, SHUT_RDWR); }
  bool process_and_close_socket(int socket) override;
  void handle(const httplib::Request& request, httplib::Response& response);
  void refuse(Guard::Verdict verdict, httplib::Response& response) const;

  Settings settings;
  Answer answers;
  Connections connections;
  std::optional<Guard> guard;
  std::thread accepts;
};

void Server::Running::listen_at() {
  set_default_headers(headers_of_all());
  set_socket_options([](int socket) {
    // Not the library's SO_REUSEPORT: by that another program could take a part of the requests.
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  new_task_queue = [this] { return new QueueOfConnections(connections); };
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    handle(request, response);
    return HandlerResponse::Handled;
  });
  set_error_handler(httplib::Server::HandlerWithResponse(only_reading));
  Address& address = settings.address;
  errno = 0;
  const int port = address.port == 0                          ? bind_to_any_port(address.host)
                   : bind_to_port(address.host, address.port) ? address.port
                                                              : -1;
  if (port < 0 || ::listen(svr_sock_, kBacklog) != 0) {
    const int reason = errno == 0 ? EADDRNOTAVAIL : errno;
    throw muster::Error(fmt::format("cannot listen on {}: {}; --listen names another address",
                                    address.str(), std::generic_category().message(reason)));
  }
  address.port = port;
  guard.emplace(address, settings.token, settings.asked);
  accepts = std::thread([this] { listen_after_bind(); });
}

bool Server::Running::process_and_close_socket(int socket) {
  this_connection = socket;
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  {
    SocketStream bytes(socket);
    Connections::Open open(connections, socket);
    bool closes = true;
    // One request a connection: what comes after it is not looked at.
    process_request(bytes, true, closes, [&](httplib::Request& request) {
      open.arrived();
      // Parts of an answer are for files.
      request.ranges.clear();
    });
    open.arrived();
    bytes.finish();
  }
  ::close(socket);
  return true;
}

void Server::Running::refuse(Guard::Verdict verdict, httplib::Response& response) const {
  switch (verdict) {
    case Guard::Verdict::other_host:
      return answer(response, 403, "This is not the host that was asked for.");
    case Guard::Verdict::other_origin:
      return answer(response, 403, "Pages of other sites may not ask here.");
    case Guard::Verdict::only_reading:
      response.set_header("Allow", "GET, HEAD");
      return answer(response, 405, "There is nothing here that could be changed.");
    case Guard::Verdict::no_token:
      response.set_header("WWW-Authenticate", "Bearer");
      return answer(
          response, 401,
          "This is for those who have the token that the program has printed or was given: "
          "in the address, or as \"Authorization: Bearer TOKEN\".");
    case Guard::Verdict::pass_with_token:
      response.status = 303;
      response.set_header("Set-Cookie", guard->cookie());
      response.set_header("Location", settings.home);
      return;
    case Guard::Verdict::pass: return;
  }
}

void Server::Running::handle(const httplib::Request& request, httplib::Response& response) {
  const Guard::Verdict verdict = guard->judge(
      {request.method,
       request.get_header_value_count("Host") == 1 ? request.get_header_value("Host") : "",
       request.get_header_value("Origin"), request.get_header_value("Sec-Fetch-Site"),
       request.get_header_value("Authorization"), request.get_header_value("Cookie"),
       request.get_param_value("token")},
      peer_is_trusted);
  if (verdict != Guard::Verdict::pass) return refuse(verdict, response);
  answers(request, response, connections);
}

Server::Server(Settings settings, Answer answers)
    : running_(std::make_unique<Running>(std::move(settings), std::move(answers))) {
  running_->listen_at();
}

Server::~Server() {
  running_->stop_listening();
  running_->accepts.join();
}

const Address& Server::address() const { return running_->settings.address; }

void answer(httplib::Response& response, int status, const std::string& sentence) {
  response.status = status;
  response.set_content(sentence + "\n", "text/plain; charset=utf-8");
}

}  // namespace muster_tool::http
