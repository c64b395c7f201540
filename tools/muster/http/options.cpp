#include "options.hpp"

#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "tools/muster/option_values.hpp"
#include "tools/muster/text.hpp"
#include "tools/muster/usage_error.hpp"

namespace muster_tool::http {

namespace {

constexpr std::size_t kShortestToken = 8;

Address to_address(const std::string& text) {
  auto address = parse_address(text);
  if (address) return *std::move(address);
  throw UsageError(fmt::format(
      "\"{}\" is no address to listen on, such as 127.0.0.1:8765, [::1]:8765, localhost:8765, "
      "0.0.0.0:8765 or a port alone",
      printable(text)));
}

// Only what needs no quoting in an address, a cookie or a header.
bool good_token(const std::string& token) {
  constexpr std::string_view kGood =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.size() >= kShortestToken && token.find_first_not_of(kGood) == std::string::npos;
}

}  // namespace

CLI::Option* add_listen(CLI::App& command, const std::string& about,
                        std::function<void(Address)> set) {
  return command
      .add_option_function<std::string>(
          "--listen", [set = std::move(set)](const std::string& text) { set(to_address(text)); },
          about)
      ->type_name("HOST:PORT");
}

CLI::Option* add_token(CLI::App& command, const std::string& variable, const std::string& about,
                       std::string& token) {
  return command.add_option("--token", token, about)->envname(variable);
}

void check_token(const CLI::App& command, const CLI::Option& token) {
  // An empty variable counts as none for the parser; whoever sets it wants a token.
  const bool emptied = token.count() == 0 && std::getenv(token.get_envname().c_str()) != nullptr;
  if (!emptied && (token.count() == 0 || good_token(token.as<std::string>()))) return;
  throw UsageError(
      fmt::format("{}: a token has at least 8 letters, digits, \"-\" and \"_\"",
                  is_on_command_line(command, token) ? token.get_name() : token.get_envname()));
}

}  // namespace muster_tool::http
