#include "lib/common/short_name.hpp"

#include <array>

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

// Where the name itself begins and ends, as in "int [ns::f<int>](int) const".
struct Bounds {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Bounds bounds_of(std::string_view name) {
  constexpr std::string_view kOperator = "operator";
  Bounds bounds{0, name.size()};
  std::size_t begin = 0;
  std::size_t opened = 0;
  int depth = 0;
  bool is_operator = false;  // what follows belongs to the name: "operator unsigned long"
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::string_view rest = name.substr(i);
    const char c = name[i];
    if (rest.starts_with(kOperator) && (i == 0 || name[i - 1] == ':' || name[i - 1] == ' ')) {
      i += kOperator.size() - 1;
      i += operator_length(name.substr(i + 1));
      if (depth == 0) is_operator = true;
    } else if (rest.starts_with("->")) {
      ++i;
    } else if (c == '(' || c == '<' || c == '[' || c == '{') {
      if (depth++ == 0) opened = i;
    } else if (c == ')' || c == '>' || c == ']' || c == '}') {
      // Parameters, if no name follows: not those of "f(int)::{lambda()#1}", nor "(anonymous".
      if (--depth == 0 && c == ')' && !rest.starts_with(")::")) bounds = {begin, opened};
    } else if (c == ' ' && depth == 0 && !is_operator && !rest.starts_with(" const")) {
      begin = i + 1;
    }
  }
  return depth == 0 ? bounds : Bounds{0, name.size()};
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
