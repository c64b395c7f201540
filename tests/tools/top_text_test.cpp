// How muster top lays text out in columns, and draws with characters.

#include <clocale>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"
#include "tools/muster/top/graph.hpp"
#include "tools/muster/top/numbers.hpp"
#include "tools/muster/top/page.hpp"
#include "tools/muster/top/screen_text.hpp"

namespace {

using namespace muster_tool::top;
using namespace std::chrono_literals;

// Widths are those of the locale.
const bool kLocaleIsSet = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;

TEST(TopText, CountsTheColumnsThatCharactersTake) {
  ASSERT_TRUE(kLocaleIsSet);
  EXPECT_EQ(columns(""), 0U);
  EXPECT_EQ(columns("plain"), 5U);
  EXPECT_EQ(columns("写真"), 4U);
  EXPECT_EQ(columns("cafe\u0301"), 4U);  // the accent has no column of its own
}

TEST(TopText, FitsTextIntoColumns) {
  EXPECT_EQ(fit("ab", 4), "ab  ");
  EXPECT_EQ(fit("ab", 4, Align::right), "  ab");
  EXPECT_EQ(fit("abcd", 4), "abcd");
  EXPECT_EQ(fit("abcde", 4), "abc\u2026");
  EXPECT_EQ(fit("abc", 1), "\u2026");
  EXPECT_EQ(fit("abc", 0), "");
}

TEST(TopText, DoesNotCutAWideCharacterInTwo) {
  EXPECT_EQ(fit("写真機", 6), "写真機");
  EXPECT_EQ(fit("写真機", 5), "写真\u2026");
  EXPECT_EQ(fit("写真機", 4), "写\u2026 ");  // a column is left over
  EXPECT_EQ(fit("写真機", 1), "\u2026");
  for (std::size_t width = 0; width < 12; ++width) {
    EXPECT_EQ(columns(fit("a写b真c機d", width)), width);
  }
}

TEST(TopText, KeepsAnAccentWithItsLetter) {
  EXPECT_EQ(fit("e\u0301e\u0301e\u0301", 2), "e\u0301\u2026");
}

TEST(TopText, ShowsNothingThatChangesHowOtherTextLooks) {
  EXPECT_EQ(screen_text("a\x1b[31m\n"), "a?[31m?");
  EXPECT_EQ(screen_text("user\u202egpj.exe"), "user?gpj.exe");
  EXPECT_EQ(screen_text("a\u200bb\u00ad"), "a?b?");
  EXPECT_EQ(screen_text("\xff\xc3"), "??");
  EXPECT_EQ(screen_text("写真"), "写真");
}

TEST(TopText, WrapsAtSpaces) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrap("one two three", 20), Lines{"one two three"});
  EXPECT_EQ(wrap("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrap("one two three", 8), (Lines{"one two", "three"}));
  EXPECT_EQ(wrap("abcdefgh", 3), (Lines{"abc", "def", "gh"}));
  EXPECT_EQ(wrap("写真", 1), (Lines{"写", "真"}));
  EXPECT_EQ(wrap("", 5), Lines{""});
}

TEST(TopText, HasAsciiThatTakesAsManyColumns) {
  EXPECT_EQ(to_ascii("a\u2026"), "a~");
  EXPECT_EQ(to_ascii("TASK\u25b2"), "TASK^");
  EXPECT_EQ(to_ascii("写真"), "????");
  EXPECT_EQ(to_ascii("\u2588\u258c\u2591"), "#-.");
  EXPECT_EQ(to_ascii("\u2581\u2584\u2588"), ".;#");
}

TEST(TopText, FindsTextWhateverItsCase) {
  EXPECT_TRUE(contains_lower("Thumbnail", "mbn"));
  EXPECT_TRUE(contains_lower("THUMB", to_lower("Umb")));
  EXPECT_TRUE(contains_lower("x", ""));
  EXPECT_FALSE(contains_lower("x", "xy"));
}

TEST(TopText, JoinsWhatHasRoom) {
  const std::vector<Line> parts{Line("first"), Line("far too long"), Line("end")};
  EXPECT_EQ(join(parts, 80).text(), "first   far too long   end");
  EXPECT_EQ(join(parts, 12).text(), "first   end");
  EXPECT_EQ(join(parts, 3).text(), "first");  // to be cut by the screen
}

TEST(TopText, FitsAPageIntoAScreen) {
  const Page page = fit_page({Line("abcdef"), Line("写真"), Line("gone")}, {2, 3});
  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].text(), "ab\u2026");
  EXPECT_EQ(page[1].text(), "写\u2026");
  EXPECT_EQ(fit_page({}, {1, 2})[0].text(), "  ");
}

TEST(TopText, WritesNumbersShort) {
  EXPECT_EQ(short_number(0.0), "0");
  EXPECT_EQ(short_number(0.01), "<0.1");
  EXPECT_EQ(short_number(0.4), "0.4");
  EXPECT_EQ(short_number(7.0), "7");
  EXPECT_EQ(short_number(17.4), "17");
  EXPECT_EQ(short_number(999.0), "999");
  EXPECT_EQ(short_number(999.6), "1.0k");
  EXPECT_EQ(short_number(1234.0), "1.2k");
  EXPECT_EQ(short_number(3.4e6), "3.4M");
  EXPECT_EQ(short_number(std::optional<double>()), "-");
}

TEST(TopGraph, IsAsHighAsItsGreatestValue) {
  EXPECT_EQ(graph({0, 1, 4, 8}, 4, 1), std::vector<std::string>{" \u2581\u2584\u2588"});
  EXPECT_EQ(graph({4, 8}, 2, 2), (std::vector<std::string>{" \u2588", "\u2588\u2588"}));
}

TEST(TopGraph, HasTheNewestAtTheRight) {
  EXPECT_EQ(graph({8}, 3, 1), std::vector<std::string>{"  \u2588"});
  EXPECT_EQ(graph({1, 1, 8, 4}, 2, 1), std::vector<std::string>{"\u2588\u2584"});
}

TEST(TopGraph, ShowsSomethingWhereThereIsLittle) {
  EXPECT_EQ(graph({0, 0.001, 1000}, 3, 1), std::vector<std::string>{" \u2581\u2588"});
  EXPECT_EQ(graph({0, 0}, 2, 1), std::vector<std::string>{"  "});
  EXPECT_EQ(graph({}, 2, 1), std::vector<std::string>{"  "});
}

TEST(TopGraph, KeepsTheLastValues) {
  History history;
  for (int i = 0; i < 5000; ++i) history.add(i);
  history.add(-1);
  EXPECT_EQ(history.last(2), (std::vector<double>{4999, 0}));
  EXPECT_LE(history.last(10'000).size(), 1024U);
}

TEST(TopGraph, DrawsProgress) {
  EXPECT_EQ(progress_bar(0, 0, 4), "");  // not told
  EXPECT_EQ(progress_bar(0, 10, 2), "\u2591\u2591");
  EXPECT_EQ(progress_bar(5, 10, 2), "\u2588\u2591");
  EXPECT_EQ(progress_bar(3, 10, 8), "\u2588\u2588\u258d\u2591\u2591\u2591\u2591\u2591");
  EXPECT_EQ(progress_bar(10, 10, 2), "\u2588\u2588");
}

TEST(TopGraph, StandsProgressThatMakesNoSense) {
  EXPECT_EQ(progress(20, 10), 1);
  EXPECT_EQ(progress_bar(~0ULL, 1, 2), "\u2588\u2588");
  EXPECT_EQ(columns(progress_bar(~0ULL - 1, ~0ULL, 5)), 5U);
}

}  // namespace
