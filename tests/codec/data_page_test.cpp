// docs/DATA.md says of each row what the tests try of it, and its example is one that compiles.
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "codec/value_checks.hpp"

namespace muster::test {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(MUSTER_TEST_SOURCE_DIR "/" + path);
  std::ostringstream text;
  if (!(text << file.rdbuf())) throw std::runtime_error("cannot read " + path);
  return text.str();
}

// The first cells of the table under this heading.
std::vector<std::string> rows_under(const std::string& page, const std::string& heading) {
  std::istringstream lines(page.substr(page.find("\n## " + heading + "\n") + 1));
  std::vector<std::string> rows;
  bool in_table = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| ---")) {
      in_table = true;
    } else if (in_table && !line.starts_with("| ")) {
      break;
    } else if (in_table) {
      rows.push_back(line.substr(2, line.find(" |", 2) - 2));
    }
  }
  return rows;
}

TEST(DataPage, HasARowForAllThatIsTriedAndNoOther) {
  std::vector<std::string> tried;
  for (const ValueCheck& check : value_checks()) {
    if (tried.empty() || tried.back() != check.row) tried.emplace_back(check.row);
  }
  EXPECT_EQ(rows_under(read("docs/DATA.md"), "What travels"), tried);
}

// The text between quotes, across lines, of each sentence that the compiler may say.
std::vector<std::string> refusals(const std::string& header) {
  std::vector<std::string> sentences;
  constexpr std::string_view kBegin = "static_assert(kWhy != Refusal::";
  for (std::size_t at = header.find(kBegin); at != header.npos; at = header.find(kBegin, at + 1)) {
    std::string sentence;
    bool quoted = false;
    for (std::size_t i = at; header.compare(i, 2, ");") != 0; ++i) {
      if (header[i] == '"') {
        quoted = !quoted;
      } else if (quoted) {
        sentence += header[i];
      }
    }
    sentences.push_back(sentence);
  }
  return sentences;
}

TEST(DataPage, HasEverySentenceOfARefusal) {
  const std::string page = read("docs/DATA.md");
  const auto sentences = refusals(read("include/muster/detail/travel.hpp"));
  EXPECT_GE(sentences.size(), 10u);
  for (const std::string& sentence : sentences) {
    // The page begins it with a capital, and without Muster's name.
    const std::string words = sentence.substr(std::string_view("muster: a").size());
    EXPECT_NE(page.find(words), std::string::npos) << sentence;
  }
}

TEST(DataPage, ShowsTheCodecThatTheTestsHave) {
  const std::string header = read("tests/codec/polygon.hpp");
  const std::string shown = header.substr(header.find("struct Point"));
  EXPECT_NE(read("docs/DATA.md").find("```cpp\n" + shown + "```"), std::string::npos);
}

}  // namespace
}  // namespace muster::test
