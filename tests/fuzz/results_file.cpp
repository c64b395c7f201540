// The result files of muster-bench, read by muster-bench-compare and by --from: any text is results
// or a sentence that says why it is none. Results can be compared with themselves, and drawn; and
// whatever stands in them, what is shown of them is text, and a page is a page.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "bench/clean_text.hpp"
#include "bench/compare/comparison.hpp"
#include "bench/compare/report.hpp"
#include "bench/model/read_results.hpp"
#include "bench/page/page.hpp"
#include "bench/page/summary.hpp"
#include "fuzz/markup_check.hpp"
#include "fuzz/require.hpp"

namespace fuzz {
namespace {

// What a terminal gets of a file that somebody else has written.
void require_text(const std::string& shown) {
  require(bench::clean_text(shown) == shown, "what is shown is text");
}

std::optional<bench::Results> read(std::string_view text) {
  try {
    return bench::parse_results(text, "file");
  } catch (const bench::UnreadableResults& error) {
    require(std::string_view(error.what()).starts_with("file "), "the sentence names the file");
    require_text(error.what());
    return std::nullopt;
  }
}

void require_markup(const std::string& drawn) {
  const std::string fault = fault_in_markup(drawn);
  require(fault.empty(), fault.c_str());
}

void draw(const bench::Results& results) {
  require_markup(bench::page_html(results));
  require_markup(bench::summary_svg(results));
}

// Two files, one behind the other, with a NUL between; or one, beside itself.
void compare(std::string_view text) {
  const std::size_t end = text.find('\0');
  const auto before = read(text.substr(0, end));
  const auto after = end == text.npos ? before : read(text.substr(end + 1));
  if (before) draw(*before);
  if (!before || !after) return;
  const auto doubts = bench::doubts_about(*before, *after);
  for (const std::string& doubt : doubts) require_text(doubt);
  try {
    const auto differences = bench::compare(*before, *after, {}, 0.05);
    require(!differences.empty(), "files that can be compared have something in common");
    const std::string told = bench::differences_text(differences, false);
    require(!told.empty(), "differences are told of");
    require_text(told);
    const auto json = bench::differences_json(differences, doubts, 0.05);
    require(!nlohmann::json::parse(json, nullptr, false).is_discarded(),
            "differences for programs are JSON");
  } catch (const bench::NotComparable& error) {
    require_text(error.what());
  }
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::compare({reinterpret_cast<const char*>(data), size});
  return 0;
}
