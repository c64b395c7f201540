#include "screen_text.hpp"

#include <algorithm>
#include <array>
#include <cwchar>
#include <utility>

#include "tools/muster/text.hpp"

namespace muster_tool::top {

namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
};

// The first one of text that is UTF-8.
CodePoint first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (bytes == 1 || text.size() < bytes) return {lead, 1};
  char32_t value = lead & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) value = value << 6 | (byte(i) & 0x3fu);
  return {value, bytes};
}

std::size_t width_of(char32_t c) {
  const int width = ::wcwidth(static_cast<wchar_t>(c));
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

// Takes no column and changes how others look: a zero-width space or joiner, a mark of direction.
bool is_format_mark(char32_t c) {
  return c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
         (c >= 0xe0000 && c <= 0xe0fff);
}

constexpr std::string_view kEllipsis = "\u2026";

// As much of its beginning as has room.
std::string_view beginning(std::string_view text, std::size_t width) {
  std::size_t taken = 0;
  std::size_t used = 0;
  while (taken < text.size()) {
    const CodePoint c = first_of(text.substr(taken));
    used += width_of(c.value);
    if (used > width) break;
    taken += c.bytes;
  }
  return text.substr(0, taken);
}

char ascii_of(char32_t c) {
  constexpr std::string_view kHeights = ".,:;-=+#";  // of U+2581 to U+2588
  if (c < 0x80) return static_cast<char>(c);
  if (c >= 0x2581 && c <= 0x2588) return kHeights[c - 0x2581];
  if (c >= 0x2589 && c <= 0x258b) return '#';  // most of a block, from the left
  if (c >= 0x258c && c <= 0x258f) return '-';
  switch (c) {
    case 0x2591: return '.';
    case 0x2026: return '~';  // ellipsis
    case 0x25b2: return '^';
    case 0x25bc: return 'v';
    default: return '?';
  }
}

}  // namespace

std::string screen_text(std::string_view text) {
  const std::string plain = printable(text);
  std::string result;
  for (std::string_view rest = plain; !rest.empty();) {
    const CodePoint c = first_of(rest);
    const bool shown = !is_format_mark(c.value) && ::wcwidth(static_cast<wchar_t>(c.value)) >= 0;
    result += shown ? rest.substr(0, c.bytes) : std::string_view("?");
    rest.remove_prefix(c.bytes);
  }
  return result;
}

std::size_t columns(std::string_view text) {
  std::size_t result = 0;
  while (!text.empty()) {
    const CodePoint c = first_of(text);
    result += width_of(c.value);
    text.remove_prefix(c.bytes);
  }
  return result;
}

std::string fit(std::string_view text, std::size_t width, Align align) {
  std::string shown(text);
  std::size_t used = columns(text);
  if (used > width) {
    shown = width == 0 ? "" : std::string(beginning(text, width - 1)).append(kEllipsis);
    used = columns(shown);
  }
  const std::string padding(width - used, ' ');
  return align == Align::right ? padding + shown : shown + padding;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (columns(text) > width) {
    std::string_view line = beginning(text, width);
    // Where not even one character has room.
    if (line.empty()) line = text.substr(0, first_of(text).bytes);
    const std::size_t space = text[line.size()] == ' ' ? line.size() : line.rfind(' ');
    if (space != std::string_view::npos && space != 0) line = text.substr(0, space);
    lines.emplace_back(line);
    text.remove_prefix(line.size());
    if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

std::string to_ascii(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const CodePoint c = first_of(text);
    result.append(width_of(c.value), ascii_of(c.value));
    text.remove_prefix(c.bytes);
  }
  return result;
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool contains_lower(std::string_view text, std::string_view lower) {
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  };
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(), same) != text.end();
}

}  // namespace muster_tool::top
