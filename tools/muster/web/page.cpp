#include <fmt/format.h>

#include "assets.hpp"
#include "tools/muster/http/guard.hpp"

namespace muster_tool::web {

namespace {

// Where the markup leaves room.
constexpr std::string_view kHead = "<!-- head -->";
constexpr std::string_view kData = "<!-- data -->";

std::string with(std::string_view head, std::string_view data) {
  std::string page(kPageMarkup);
  page.replace(page.find(kData), kData.size(), data);
  page.replace(page.find(kHead), kHead.size(), head);
  return page;
}

}  // namespace

std::string page_script() {
  // Its names are its own.
  return fmt::format("\"use strict\";\n(() => {{\n{}\n}})();\n", kPageScript);
}

std::string page_for_server() {
  return with(
      "<link rel=\"stylesheet\" href=\"page.css\">\n<script src=\"page.js\" defer></script>", "");
}

std::string page_for_file(std::string_view data) {
  // No name in the data can end its element, or begin another.
  std::string harmless;
  for (const char c : data) {
    if (c == '<') {
      harmless += "\\u003c";
    } else {
      harmless += c;
    }
  }
  // Were there a way all the same: a script that does not know this would not run.
  const std::string nonce = http::make_token();
  const std::string head = fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
      "'nonce-{0}'; style-src 'nonce-{0}'; img-src data:; base-uri 'none'; form-action "
      "'none'\">\n<style nonce=\"{0}\">\n{1}</style>",
      nonce, kPageStyle);
  return with(head, fmt::format("<script type=\"application/json\" id=\"report\" nonce=\"{0}\">{1}"
                                "</script>\n<script nonce=\"{0}\">\n{2}</script>",
                                nonce, harmless, page_script()));
}

}  // namespace muster_tool::web
