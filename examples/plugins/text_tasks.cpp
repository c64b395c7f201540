// A library with tasks: what of it can be called by name stands at its end.
#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <string>
#include <string_view>

#include <muster/named_task.hpp>

namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

int count_words(std::string_view text) {
  int words = 0;
  bool inside = false;
  for (const char c : text) {
    if (!is_space(c) && !inside) ++words;
    inside = !is_space(c);
  }
  return words;
}

std::string reversed(std::string text) {
  if (text.empty()) throw std::invalid_argument("there is nothing to reverse");
  std::reverse(text.begin(), text.end());
  return text;
}

}  // namespace

MUSTER_TASK(count_words, count_words)
MUSTER_TASK("text.reversed", reversed)
