#include "bench/page/notes.hpp"

#include "bench/page/markup.hpp"

namespace bench {

namespace {

// Puts what stands between pairs of `mark` into an element. A mark without a partner stays.
std::string marked(const std::string& text, std::string_view mark, const std::string& element) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const auto open = text.find(mark, at);
    const auto close = open == text.npos ? open : text.find(mark, open + mark.size());
    if (close == text.npos) return out + text.substr(at);
    const auto inner = open + mark.size();
    out += text.substr(at, open - at);
    out += "<" + element + ">" + text.substr(inner, close - inner) + "</" + element + ">";
    at = close + mark.size();
  }
}

std::string inline_html(std::string_view text) {
  std::string curly;
  for (const char c : text) {
    if (c == '\'') {
      curly += "’";
    } else {
      curly += c;
    }
  }
  return marked(marked(escaped(curly), "**", "strong"), "`", "code");
}

// Collects the lines of a paragraph or of a list's item until it ends.
class Writer {
 public:
  void add(std::string_view line) {
    const bool item = line.starts_with("- ");
    if (line.empty() || item) end_block();
    if (line.empty()) return;
    if (item) {
      if (!in_list_) out_ += "<ul>\n";
      in_list_ = true;
      line.remove_prefix(2);
    }
    if (!block_.empty()) block_ += ' ';
    in_item_ = in_item_ || item;
    block_ += line;
  }

  std::string finish() {
    end_block();
    end_list();
    return out_;
  }

 private:
  void end_block() {
    if (block_.empty()) return;
    if (!in_item_) end_list();
    const std::string element = in_item_ ? "li" : "p";
    out_ += "<" + element + ">" + inline_html(block_) + "</" + element + ">\n";
    block_.clear();
    in_item_ = false;
  }

  void end_list() {
    if (in_list_) out_ += "</ul>\n";
    in_list_ = false;
  }

  std::string out_;
  std::string block_;
  bool in_item_ = false;
  bool in_list_ = false;
};

}  // namespace

std::string notes_html(std::string_view markdown) {
  Writer writer;
  while (!markdown.empty()) {
    const std::string_view line = markdown.substr(0, markdown.find('\n'));
    markdown.remove_prefix(line.size() == markdown.size() ? line.size() : line.size() + 1);
    writer.add(line);
  }
  return writer.finish();
}

}  // namespace bench
