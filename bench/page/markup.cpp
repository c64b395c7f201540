#include "bench/page/markup.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bench/clean_text.hpp"

namespace bench {

namespace {

constexpr std::string_view kNoBreakSpace = "\u00a0";
constexpr double kCharacter = 6.5;  // pixels, of 12 pixel text

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

std::string superscript(int number) {
  constexpr std::string_view kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text;
  for (const char digit : std::to_string(number)) text += kDigits[digit - '0'];
  return text;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : clean_text(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string percent(double fraction) { return fmt::format("{:.2f}%", 100 * fraction); }

std::string shown_value(double value, Unit unit) {
  std::string text = format_value(value, unit);
  replace_all(text, " us", " µs");
  replace_all(text, " ", kNoBreakSpace);
  return text;
}

std::string shown_tick(double value, Unit unit) {
  if (value == 0) return "0";
  std::string text = shown_value(value, unit);
  const auto point = text.find('.');
  const auto end = std::min(text.find(kNoBreakSpace), text.size());
  if (point == text.npos || point > end) return text;
  auto last = text.find_last_not_of('0', end - 1);
  if (text[last] == '.') --last;
  return text.erase(last + 1, end - last - 1);
}

std::string shown_quartiles(const Spread& spread, Unit unit) {
  std::string text = format_spread(spread, unit);
  text.erase(0, text.find('['));
  replace_all(text, " .. ", "\u2009–\u2009");
  return text;
}

std::string shown_count(double count) {
  const double power = std::round(std::log10(count));
  if (count >= 1e4 && std::abs(count - std::pow(10, power)) < count * 1e-9) {
    return "10" + superscript(static_cast<int>(power));
  }
  return fmt::format("{:.0f}", count);
}

double text_width(std::string_view text) {
  double characters = 0;
  for (const char c : text) characters += begins_character(c) ? 1 : 0;
  return characters * kCharacter;
}

std::string fitted(const std::string& text, double width) {
  if (text_width(text) <= width) return text;
  std::string cut;
  double used = 2 * kCharacter;
  for (const char c : text) {
    if (begins_character(c)) used += kCharacter;
    if (used > width) break;
    cut += c;
  }
  while (!cut.empty() && cut.back() == ' ') cut.pop_back();
  return cut + "…";
}

}  // namespace bench
