#include "text.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

namespace muster_tool {

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }

// Bytes of the code point that `text` begins with; 0: none that can be printed.
std::size_t printable_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length), continues))
    return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  if (first == 0xc2 && second < 0xa0) return 0;  // C1: controls of the terminal
  // Written longer than needed, surrogates, beyond the last code point.
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90)) {
    return 0;
  }
  return length;
}

// Whether it begins with a code point that changes the direction of all that follows, or breaks the
// line. REQUIRES: it begins with one that can be printed.
bool turns_or_breaks(std::string_view text) {
  constexpr std::string_view kSuch[] = {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029",
                                        "\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
                                        "\u2066", "\u2067", "\u2068", "\u2069"};
  return std::ranges::any_of(kSuch, [text](std::string_view one) { return text.starts_with(one); });
}

// What `text` begins with, which is taken off.
struct Piece {
  std::string_view bytes;
  bool shown = false;  // as it is
};
Piece take_piece(std::string_view& text) {
  const std::size_t length = printable_length(text);
  const Piece piece{text.substr(0, std::max<std::size_t>(length, 1)),
                    length != 0 && !turns_or_breaks(text)};
  text.remove_prefix(piece.bytes.size());
  return piece;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Piece piece = take_piece(text);
    result += piece.shown ? piece.bytes : std::string_view("?");
  }
  return result;
}

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Piece piece = take_piece(text);
    if (piece.shown) {
      result += piece.bytes == "\\" ? std::string_view("\\\\") : piece.bytes;
      continue;
    }
    for (const char byte : piece.bytes) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    }
  }
  return result;
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string shortened(std::string_view text, std::size_t columns) {
  if (width(text) <= columns) return std::string(text);
  std::size_t end = 0;
  // One column is for the ellipsis.
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (!continues(text[end]) && ++seen == columns) break;
  }
  return std::string(text.substr(0, end)) + "\u2026";
}

std::string describe(muster::Duration duration) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.nanoseconds(), 0));
  if (ns == 0) return "0 us";
  if (ns < 1000) return fmt::format("{} ns", ns);
  std::uint64_t unit = 1000;
  for (const char* name : {"us", "ms"}) {
    if (const auto tenths = (ns + unit / 20) / (unit / 10); tenths < 100) {
      return fmt::format("{}.{} {}", tenths / 10, tenths % 10, name);
    }
    if (const auto whole = (ns + unit / 2) / unit; whole < 1000) {
      return fmt::format("{} {}", whole, name);
    }
    unit *= 1000;
  }
  const std::uint64_t tenths = (ns + unit / 20) / (unit / 10);
  const std::uint64_t s = tenths / 10;
  if (s < 60) return fmt::format("{}.{} s", s, tenths % 10);
  if (s < 3600) return fmt::format("{}m {:02}s", s / 60, s % 60);
  if (s < 86400) return fmt::format("{}h {:02}m", s / 3600, s / 60 % 60);
  return fmt::format("{}d {:02}h", s / 86400, s / 3600 % 24);
}

std::string describe_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB"};
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::string describe_rate(std::optional<double> rate) {
  if (!rate) return "-";
  return *rate < 100 ? fmt::format("{:.1f}", *rate) : fmt::format("{:.0f}", *rate);
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string rfc3339(std::chrono::system_clock::time_point moment) {
  const auto second = std::chrono::floor<std::chrono::seconds>(moment);
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(moment - second);
  const std::time_t seconds = second.time_since_epoch().count();
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, us.count());
}

}  // namespace muster_tool
