// The result files of muster-bench, read by muster-bench-compare and by --from: any text is results
// or a sentence that says why it is none, and results can be compared with themselves.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "bench/compare/comparison.hpp"
#include "bench/compare/report.hpp"
#include "bench/model/read_results.hpp"
#include "fuzz/require.hpp"

namespace fuzz {
namespace {

std::optional<bench::Results> read(std::string_view text) {
  try {
    return bench::parse_results(text, "file");
  } catch (const bench::UnreadableResults& error) {
    require(std::string_view(error.what()).starts_with("file "), "the sentence names the file");
    return std::nullopt;
  }
}

// Two files, one behind the other, with a NUL between; or one, beside itself.
void compare(std::string_view text) {
  const std::size_t end = text.find('\0');
  const auto before = read(text.substr(0, end));
  const auto after = end == text.npos ? before : read(text.substr(end + 1));
  if (!before || !after) return;
  const auto doubts = bench::doubts_about(*before, *after);
  try {
    const auto differences = bench::compare(*before, *after, {}, 0.05);
    require(!differences.empty(), "files that can be compared have something in common");
    require(!bench::differences_text(differences, false).empty(), "differences are told of");
    const auto json = bench::differences_json(differences, doubts, 0.05);
    require(!nlohmann::json::parse(json, nullptr, false).is_discarded(),
            "differences for programs are JSON");
  } catch (const bench::NotComparable&) {
    // Says so.
  }
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::compare({reinterpret_cast<const char*>(data), size});
  return 0;
}
