#include "fuzz/markup_check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <vector>

#include "bench/clean_text.hpp"

namespace fuzz {

namespace {

using std::string_view;

class Fault : public std::runtime_error {
 public:
  Fault(const std::string& what, string_view where)
      : std::runtime_error(what + ": " + std::string(where.substr(0, 60))) {}
};

template <std::size_t n>
bool is_one_of(string_view word, const std::array<string_view, n>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; }

string_view take_name(string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_name);
  const string_view name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(name.size());
  return name;
}

void check_text(string_view text) {
  constexpr std::array<string_view, 4> kEntities{"&amp;", "&lt;", "&gt;", "&quot;"};
  for (auto at = text.find('&'); at != text.npos; at = text.find('&', at + 1)) {
    const string_view rest = text.substr(at);
    if (!is_one_of(rest.substr(0, rest.find(';') + 1), kEntities)) throw Fault("no entity", rest);
  }
}

// "12.5" or "12.5%".
bool is_number(string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto digits = static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; }));
  return digits > 0 && digits + (text.find('.') != text.npos ? 1 : 0) == text.size();
}

void check_value(string_view name, string_view value) {
  constexpr std::array<string_view, 13> kNumbers{
      "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "dx", "width", "height", "colspan", "r"};
  check_text(value);
  if (is_one_of(name, kNumbers) && !is_number(value)) throw Fault("no number", value);
}

class Reader {
 public:
  explicit Reader(string_view text) : text_(text) {}

  void read() {
    while (!text_.empty()) {
      const string_view between = text_.substr(0, text_.find('<'));
      check_text(between);
      text_.remove_prefix(between.size());
      if (!text_.empty()) read_tag();
    }
    if (!open_.empty()) throw Fault("not closed", open_.back());
  }

 private:
  void read_tag() {
    const string_view tag = text_;
    constexpr string_view kDocument = "<!doctype html>";
    if (text_.starts_with(kDocument)) return text_.remove_prefix(kDocument.size());
    text_.remove_prefix(1);
    if (text_.starts_with('/')) {
      text_.remove_prefix(1);
      const string_view name = take_name(text_);
      if (open_.empty() || open_.back() != name || !text_.starts_with('>'))
        throw Fault("closes what is not open", tag);
      open_.pop_back();
      return text_.remove_prefix(1);
    }
    const string_view name = take_name(text_);
    if (name.empty()) throw Fault("no tag", tag);
    while (text_.starts_with(' ')) read_attribute(tag);
    const bool whole = text_.starts_with('/');
    if (whole) text_.remove_prefix(1);
    if (!text_.starts_with('>')) throw Fault("no end of a tag", tag);
    text_.remove_prefix(1);
    if (!whole && name != "meta") open_.push_back(name);
  }

  void read_attribute(string_view tag) {
    text_.remove_prefix(1);
    const string_view name = take_name(text_);
    if (name.empty()) throw Fault("no attribute", tag);
    if (!text_.starts_with("=\"")) return;
    text_.remove_prefix(2);
    const string_view value = text_.substr(0, text_.find_first_of("\"<"));
    text_.remove_prefix(value.size());
    if (!text_.starts_with('"')) throw Fault("no end of an attribute", tag);
    text_.remove_prefix(1);
    check_value(name, value);
  }

  string_view text_;
  std::vector<string_view> open_;
};

}  // namespace

std::string fault_in_markup(string_view text) {
  if (bench::clean_text(text) != text) return "bytes that are no text";
  try {
    Reader(text).read();
    return "";
  } catch (const Fault& fault) {
    return fault.what();
  }
}

}  // namespace fuzz
