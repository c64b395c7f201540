#include "bench/clean_text.hpp"

#include <algorithm>
#include <cstddef>

namespace bench {

namespace {

constexpr std::string_view kReplacement = "\uFFFD";

bool between(unsigned char byte, int least, int most) { return byte >= least && byte <= most; }

// What the second byte of a character may be says where it is too long, a command to a terminal, a
// surrogate or beyond all characters.
bool second_fits(unsigned char first, unsigned char second) {
  switch (first) {
    case 0xc2: return between(second, 0xa0, 0xbf);
    case 0xe0: return between(second, 0xa0, 0xbf);
    case 0xed: return between(second, 0x80, 0x9f);
    case 0xf0: return between(second, 0x90, 0xbf);
    case 0xf4: return between(second, 0x80, 0x8f);
    default: return between(second, 0x80, 0xbf);
  }
}

// How many bytes the character takes that the text begins with; 0: it begins with none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  constexpr unsigned char kDelete = 0x7f;
  if (first < ' ') return first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
  if (first < kDelete) return 1;
  std::size_t length = 0;
  if (between(first, 0xc2, 0xdf)) length = 2;
  if (between(first, 0xe0, 0xef)) length = 3;
  if (between(first, 0xf0, 0xf4)) length = 4;
  if (length == 0 || text.size() < length || !second_fits(first, byte(1))) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!between(byte(i), 0x80, 0xbf)) return 0;
  }
  return length;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    out += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace bench
