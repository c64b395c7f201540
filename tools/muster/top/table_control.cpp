#include "table_control.hpp"

#include <initializer_list>
#include <string>

namespace muster_tool::top {

std::string to_utf8(char32_t c) {
  const auto byte = [](char32_t bits) { return static_cast<char>(bits); };
  const auto next = [&](unsigned shift) { return byte(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xc0 | c >> 6), next(0)};
  if (c < 0x10000) return {byte(0xe0 | c >> 12), next(6), next(0)};
  return {byte(0xf0 | c >> 18), next(12), next(6), next(0)};
}

void drop_last(std::string& utf8) {
  while (!utf8.empty()) {
    const auto last = static_cast<unsigned char>(utf8.back());
    utf8.pop_back();
    if ((last & 0xc0u) != 0x80u) return;
  }
}

}  // namespace muster_tool::top
