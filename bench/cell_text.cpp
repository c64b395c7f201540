// A cell as one word of a command line.
#include <charconv>
#include <limits>
#include <system_error>

#include <fmt/format.h>

#include "bench/scenario.hpp"

namespace bench {

namespace {

constexpr std::uint64_t kMostTasks = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMostThreads = 4095;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;

template <class Number>
Number number_in(std::string_view field, std::uint64_t most) {
  Number number = 0;
  const char* const end = field.data() + field.size();
  const auto [stopped, error] = std::from_chars(field.data(), end, number);
  if (stopped != end || field.empty() || error == std::errc::invalid_argument) {
    throw MeasurementError(fmt::format("\"{}\" is not a number", field));
  }
  if (error != std::errc() || number > most) {
    throw MeasurementError(fmt::format("{} is more than {}, the most there can be", field, most));
  }
  return number;
}

}  // namespace

std::string Cell::to_text() const {
  std::string text = fmt::format("{},{},{},{}", peer, workers, variant, size);
  if (payload != 0 || threads != 1) text += fmt::format(",{},{}", payload, threads);
  return text;
}

Cell Cell::from_text(std::string_view text) {
  std::vector<std::string_view> fields;
  while (true) {
    fields.push_back(text.substr(0, text.find(',')));
    if (fields.back().size() == text.size()) break;
    text.remove_prefix(fields.back().size() + 1);
  }
  if (fields.size() != 4 && fields.size() != 6) {
    throw MeasurementError(
        "a cell is PEER,WORKERS,VARIANT,SIZE, such as process,2,kept,1000000, or that with "
        ",PAYLOAD,THREADS after it");
  }
  Cell cell;
  cell.peer = fields[0];
  cell.workers = number_in<std::size_t>(fields[1], kMostThreads);
  cell.variant = fields[2];
  cell.size = number_in<std::uint64_t>(fields[3], kMostTasks);
  if (fields.size() == 6) {
    cell.payload = number_in<std::uint64_t>(fields[4], kMostBytes);
    cell.threads = number_in<std::size_t>(fields[5], kMostThreads);
  }
  return cell;
}

}  // namespace bench
