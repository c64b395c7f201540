#include "bench/page/drawings.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "bench/page/page.hpp"
#include "bench/page/summary.hpp"

namespace bench {

namespace {

void try_if_named(std::optional<OutputFile>& file, const std::string& path) {
  if (!path.empty()) file.emplace(path);
}

std::string line_for(const char* what, const std::string& path) {
  return fmt::format("{}: {}\n", what, std::filesystem::absolute(path).lexically_normal().string());
}

}  // namespace

Drawings::Drawings(const std::string& html, const std::string& svg)
    : html_path_(html), svg_path_(svg) {
  try_if_named(html_, html);
  try_if_named(svg_, svg);
}

std::string Drawings::write(const Results& results, std::vector<std::string>& failures) {
  std::string lines;
  if (html_ && try_to_write(
                   *html_, [&] { return page_html(results); }, failures)) {
    lines += line_for("page", html_path_);
  }
  if (svg_ && try_to_write(
                  *svg_, [&] { return summary_svg(results); }, failures)) {
    lines += line_for("picture", svg_path_);
  }
  return lines;
}

}  // namespace bench
