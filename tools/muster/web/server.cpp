#include "server.hpp"

#include <httplib.h>

#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <muster/version.hpp>

#include "assets.hpp"

namespace muster_tool::web {

namespace {

using http::answer;

constexpr std::size_t kThreads = 48;
constexpr std::size_t kStreams = 32;

http::Server::Settings with_threads(http::Server::Settings settings) {
  settings.threads = kThreads;
  return settings;
}

struct Place {
  std::string journal;
  std::uint64_t number = 0;
};

// "name.17".
std::optional<Place> parse_place(std::string_view words) {
  const std::size_t dot = words.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  Place place{std::string(words.substr(0, dot)), 0};
  const char* const end = words.data() + words.size();
  const auto [rest, error] = std::from_chars(words.data() + dot + 1, end, place.number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return place;
}

}  // namespace

Server::Server(http::Server::Settings settings, Journal& journal, double interval)
    : journal_(journal),
      interval_(interval),
      server_(with_threads(std::move(settings)),
              [this](const auto& request, auto& response, auto& connections) {
                handle(request, response, connections);
              }) {}

Server::~Server() { journal_.close(); }

void Server::handle(const httplib::Request& request, httplib::Response& response,
                    http::Connections& connections) const {
  if (request.path == "/") {
    response.set_content(page_for_server(), "text/html; charset=utf-8");
  } else if (request.path == "/page.css") {
    response.set_content(std::string(kPageStyle), "text/css; charset=utf-8");
  } else if (request.path == "/page.js") {
    response.set_content(page_script(), "text/javascript; charset=utf-8");
  } else if (request.path == "/stream") {
    stream(request, response, connections);
  } else {
    answer(response, 404, "There is no such page.");
  }
}

void Server::stream(const httplib::Request& request, httplib::Response& response,
                    http::Connections& connections) const {
  const std::string pool = request.get_param_value("pool");
  if (pool.size() > 64) return answer(response, 400, "That is no pool's id.");
  auto place = std::make_shared<http::Connections::Place>(connections, kStreams);
  if (!*place) return answer(response, 503, "Too many pages are open already.");
  std::optional<std::uint64_t> read_until;
  const auto before = parse_place(request.get_header_value("Last-Event-ID"));
  if (before && before->journal == journal_.name()) read_until = before->number;
  if (request.method == "HEAD") {
    response.set_header("Content-Type", "text/event-stream");
    return;
  }
  auto reader = std::make_shared<Journal::Reader>(journal_, pool, read_until);
  const std::string hello =
      fmt::format("retry: 1000\nevent: hello\ndata: {{\"version\":\"" MUSTER_VERSION
                  "\",\"interval\":{},\"resumes\":{}}}\n\n",
                  interval_, reader->resumes());
  response.set_chunked_content_provider(
      "text/event-stream", [place, reader, hello](std::size_t offset, httplib::DataSink& sink) {
        if (offset == 0) return sink.write(hello.data(), hello.size());
        const Journal::Text message = reader->next();
        return message != nullptr && sink.write(message->data(), message->size());
      });
}

}  // namespace muster_tool::web
