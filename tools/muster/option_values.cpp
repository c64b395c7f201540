#include "option_values.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "duration_text.hpp"
#include "text.hpp"
#include "usage_error.hpp"

namespace muster_tool {

namespace {

std::uint64_t parse_count(const std::string& text) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, count);
  if (last != end || error != std::errc()) {
    throw UsageError(fmt::format("\"{}\" is no whole number from 0 on", printable(text)));
  }
  return count;
}

}  // namespace

CLI::Option* add_duration(CLI::App& command, const std::string& name, const std::string& about,
                          std::function<void(muster::Duration)> set) {
  return command
      .add_option_function<std::string>(
          name, [set = std::move(set)](const std::string& text) { set(parse_duration(text)); },
          about)
      ->type_name("TIME");
}

CLI::Option* add_count(CLI::App& command, const std::string& name, const std::string& about,
                       std::function<void(std::uint64_t)> set) {
  return command
      .add_option_function<std::string>(
          name, [set = std::move(set)](const std::string& text) { set(parse_count(text)); }, about)
      ->type_name("N");
}

bool is_on_command_line(const CLI::App& command, const CLI::Option& option) {
  return std::ranges::find(command.parse_order(), &option) != command.parse_order().end();
}

void refuse_without_effect(const CLI::App& command, const CLI::Option& option,
                           std::string_view why) {
  if (!is_on_command_line(command, option)) return;
  throw UsageError(fmt::format("{} has no effect {}", option.get_name(), why));
}

}  // namespace muster_tool
