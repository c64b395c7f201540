#include "lib/common/short_name.hpp"

#include <array>
#include <cstdint>

namespace muster::detail {

namespace {

// Those with brackets, longer ones first.
constexpr std::array<std::string_view, 13> kOperators = {
    "()", "[]", "<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "<", ">"};

std::size_t operator_length(std::string_view text) {
  for (const std::string_view each : kOperators) {
    if (text.starts_with(each)) return each.size();
  }
  return 0;
}

bool is_of_a_word(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Whether the whole word stands there.
bool is_word_at(std::string_view text, std::size_t at, std::string_view word) {
  if (!text.substr(at).starts_with(word)) return false;
  const std::size_t end = at + word.size();
  return (at == 0 || !is_of_a_word(text[at - 1])) &&
         (end == text.size() || !is_of_a_word(text[end]));
}

// The length of " const", " volatile", " &&" or " &" there, which belong to what they follow.
std::size_t qualifier_length(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != ' ') return 0;
  for (const std::string_view word : {"const", "volatile"}) {
    if (is_word_at(text, at + 1, word)) return 1 + word.size();
  }
  std::size_t end = at + 1;
  while (end < text.size() && text[end] == '&') ++end;
  return end == at + 1 ? 0 : end - at;
}

// Whether a name goes on behind the bracket there, as in "f(int) const::{lambda()#1}::operator()".
bool leads_on(std::string_view text, std::size_t at) {
  ++at;
  while (const std::size_t length = qualifier_length(text, at)) at += length;
  return at < text.size() && text.substr(at).starts_with("::");
}

// Which brackets are open.
class Brackets {
 public:
  int depth() const { return depth_; }
  bool is_angle() const { return depth_ != 0 && (angles_ & 1) != 0; }
  bool are_too_many() const { return depth_ > kMost; }
  void open(bool angle) {
    angles_ = angles_ << 1 | (angle ? 1U : 0U);
    ++depth_;
  }
  void close() {
    angles_ >>= 1;
    --depth_;
  }

 private:
  static constexpr int kMost = 64;
  std::uint64_t angles_ = 0;  // a bit for each, the innermost first
  int depth_ = 0;
};

// Where the name itself begins and ends, as in "int [ns::f<int>](int) const".
struct Bounds {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Bounds bounds_of(std::string_view name) {
  constexpr std::string_view kOperator = "operator";
  const Bounds whole{0, name.size()};
  Bounds bounds = whole;
  Brackets brackets;
  std::size_t begin = 0;
  std::size_t opened = 0;
  std::size_t arguments = 0;  // those of the template that an operator is may begin here
  bool is_operator = false;   // what follows belongs to the name: "operator unsigned long"
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool is_outside = brackets.depth() == 0;
    if (is_word_at(name, i, kOperator)) {
      i += kOperator.size() - 1;
      i += operator_length(name.substr(i + 1));
      arguments = i + 1;
      if (is_outside) is_operator = true;
    } else if (name.substr(i).starts_with("->")) {
      ++i;
    } else if (c == '<' && i != arguments && i != 0 && (name[i - 1] == ')' || name[i - 1] == '}')) {
      // Less than, in an expression: its operands stand in brackets.
    } else if (c == '>' && !brackets.is_angle()) {
      // Greater than.
    } else if (c == '(' || c == '<' || c == '[' || c == '{') {
      if (is_outside) opened = i;
      brackets.open(c == '<');
      if (brackets.are_too_many()) return whole;
    } else if (c == ')' || c == '>' || c == ']' || c == '}') {
      if (is_outside) return whole;
      brackets.close();
      // Parameters, but those of "f(int)::{lambda()#1}", and "(anonymous namespace)::f".
      if (brackets.depth() == 0 && c == ')' && !leads_on(name, i)) bounds = {begin, opened};
    } else if (c == ' ' && is_outside) {
      if (is_word_at(name, i + 1, "requires")) break;
      if (is_operator) continue;
      if (const std::size_t length = qualifier_length(name, i)) {
        i += length - 1;
      } else {
        begin = i + 1;
      }
    }
  }
  return brackets.depth() == 0 ? bounds : whole;
}

}  // namespace

std::string_view short_function_name(std::string_view name, std::size_t most) {
  if (name.size() <= most) return name;
  const auto [begin, end] = bounds_of(name);
  name = name.substr(0, end);
  if (name.size() > most) name.remove_prefix(begin);
  return name.substr(0, most);
}

}  // namespace muster::detail
