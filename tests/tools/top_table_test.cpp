// The tables of muster top: order, filter, and the place that one is at.

#include <array>
#include <clocale>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"
#include "tools/muster/top/key.hpp"
#include "tools/muster/top/table_control.hpp"
#include "tools/muster/top/table_model.hpp"

namespace {

using namespace muster_tool::top;

const bool kLocaleIsSet = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;

struct Fruit {
  std::string name;
  int weight = 0;

  std::string id() const { return name; }
  Style style() const { return Style::plain; }
};

constexpr std::array<Column<Fruit>, 2> kColumns{{
    {.title = "NAME",
     .word = "name",
     .stretches = true,
     .rank = 0,
     .text = [](const Fruit& fruit) { return fruit.name; },
     .key =
         [](const Fruit& fruit) {
           return SortKey{0, fruit.name};
         }},
    {.title = "WEIGHT",
     .word = "weight",
     .align = Align::right,
     .descending = true,
     .rank = 1,
     .text = [](const Fruit& fruit) { return std::to_string(fruit.weight); },
     .key =
         [](const Fruit& fruit) {
           return SortKey{static_cast<double>(fruit.weight), {}};
         }},
}};

TableModel<Fruit> table_of(std::vector<Fruit> fruits) {
  TableModel<Fruit> table{std::span<const Column<Fruit>>(kColumns)};
  table.set_rows(std::move(fruits));
  return table;
}

std::vector<std::string> names(const TableModel<Fruit>& table) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < table.shown(); ++i) result.push_back(table.shown(i).name);
  return result;
}

using Names = std::vector<std::string>;

TEST(TopTable, IsInTheOrderOfTheColumn) {
  auto table = table_of({{"pear", 3}, {"apple", 1}, {"melon", 20}});
  EXPECT_EQ(names(table), (Names{"apple", "melon", "pear"}));
  table.sort_by(1);
  EXPECT_EQ(names(table), (Names{"melon", "pear", "apple"}));  // the heaviest first
  table.reverse();
  EXPECT_EQ(names(table), (Names{"apple", "pear", "melon"}));
  table.sort_by_next(1);  // round to the first one
  EXPECT_EQ(table.sorted_by().word, "name");
  table.sort_by_next(-1);
  EXPECT_EQ(table.sorted_by().word, "weight");
}

TEST(TopTable, LeavesEqualRowsInTheOrderThatTheyCameIn) {
  auto table = table_of({{"c", 1}, {"a", 1}, {"b", 1}});
  table.sort_by(1);
  EXPECT_EQ(names(table), (Names{"c", "a", "b"}));
  table.reverse();
  EXPECT_EQ(names(table), (Names{"c", "a", "b"}));
}

TEST(TopTable, ShowsRowsThatHaveTheTextInAnyColumn) {
  auto table = table_of({{"Pear", 3}, {"apple", 1}, {"melon", 31}});
  table.set_filter("PEA");
  EXPECT_EQ(names(table), Names{"Pear"});
  table.set_filter("3");
  EXPECT_EQ(names(table), (Names{"Pear", "melon"}));
  table.set_filter("none");
  EXPECT_EQ(table.shown(), 0U);
  EXPECT_EQ(table.selected(), nullptr);
  table.set_filter("");
  EXPECT_EQ(table.shown(), 3U);
}

TEST(TopTable, StaysWithTheRowThatWasGoneTo) {
  auto table = table_of({{"a", 1}, {"b", 2}, {"c", 3}});
  table.move(1);
  EXPECT_EQ(table.selected()->name, "b");
  table.reverse();
  table.set_rows({{"a", 1}, {"aa", 1}, {"b", 2}, {"c", 3}});
  EXPECT_EQ(table.selected()->name, "b");
}

TEST(TopTable, StaysAtTheTopUntilOneGoesElsewhere) {
  auto table = table_of({{"b", 2}, {"c", 3}});
  EXPECT_EQ(table.selected()->name, "b");
  table.set_rows({{"a", 1}, {"b", 2}, {"c", 3}});
  EXPECT_EQ(table.selected()->name, "a");
  table.keep();
  table.set_rows({{"0", 0}, {"a", 1}});
  EXPECT_EQ(table.selected()->name, "a");
  table.to_start();
  table.set_rows({{"-", 0}, {"0", 0}, {"a", 1}});
  EXPECT_EQ(table.selected()->name, "-");
}

TEST(TopTable, GoesNoFurtherThanItsEnds) {
  auto table = table_of({{"a", 1}, {"b", 2}, {"c", 3}});
  table.move(-5);
  EXPECT_EQ(table.place(), 0U);
  table.move(50);
  EXPECT_EQ(table.place(), 2U);
  table.set_rows({{"a", 1}});
  EXPECT_EQ(table.selected()->name, "a");
  table.set_rows({});
  EXPECT_EQ(table.selected(), nullptr);
  table.move(1);
  EXPECT_EQ(table.selected(), nullptr);
}

TEST(TopTable, ScrollsToWhereOneIs) {
  std::vector<Fruit> fruits;
  for (int i = 10; i < 40; ++i) fruits.push_back({std::to_string(i), i});
  auto table = table_of(fruits);
  const auto first = [&] { return table.lines(20, 6).at(1).text().substr(0, 2); };
  EXPECT_EQ(first(), "10");
  EXPECT_EQ(table.lines(20, 6).size(), 6U);
  table.move(4);
  EXPECT_EQ(first(), "10");
  table.move(1);
  EXPECT_EQ(first(), "11");
  table.to_end();
  EXPECT_EQ(first(), "35");
  table.move(-1);
  EXPECT_EQ(first(), "35");
  table.to_start();
  EXPECT_EQ(first(), "10");
}

TEST(TopTable, MarksWhatItIsSortedByAndWhereOneIs) {
  auto table = table_of({{"a", 1}, {"b", 2}});
  table.move(1);
  Page page = table.lines(40, 5);
  EXPECT_EQ(page[0].text(), "NAME\u25b2  WEIGHT");
  EXPECT_FALSE(page[1].selected);
  EXPECT_TRUE(page[2].selected);
  table.sort_by(1);
  page = table.lines(40, 5);
  EXPECT_EQ(page[0].text(), "NAME  WEIGHT\u25bc");
  EXPECT_EQ(page[1].text(), "b           2");
}

TEST(TopTable, CutsTheColumnThatStretchesAndLeavesOutWhatHasNoRoom) {
  auto table = table_of({{"a name of some length 写真", 1}});
  EXPECT_EQ(table.lines(40, 5)[1].text(), "a name of some length 写真       1");
  const std::string cut = table.lines(24, 5)[1].text();
  EXPECT_EQ(columns(cut), 24U);
  EXPECT_EQ(cut, "a name of some \u2026       1");
  EXPECT_EQ(table.lines(15, 5)[0].text().find("WEIGHT"), std::string::npos);
}

TEST(TopTable, PrintsAllOfItAsWideAsItIs) {
  const auto table = table_of({{"a name of some length", 1}, {"b", 20}});
  EXPECT_EQ(plain_text(table.all_lines()),
            "NAME                   WEIGHT\n"
            "a name of some length       1\n"
            "b                          20\n");
}

TEST(TopTable, FiltersAsOneTypes) {
  TableControl<Fruit> control{std::span<const Column<Fruit>>(kColumns)};
  control.table.set_rows({{"pear", 3}, {"写真", 1}});
  const auto type = [&](char32_t c) { control.press({Key::Code::character, c}); };
  type('/');
  EXPECT_TRUE(control.is_typing());
  type(U'写');
  EXPECT_EQ(names(control.table), Names{"写真"});
  control.press({Key::Code::backspace});
  EXPECT_EQ(control.table.shown(), 2U);
  type('q');  // a letter, not a command
  EXPECT_EQ(control.table.shown(), 0U);
  control.press({Key::Code::escape});
  EXPECT_FALSE(control.is_typing());
  EXPECT_EQ(control.table.shown(), 2U);
  EXPECT_FALSE(control.press({Key::Code::character, 'q'}));
}

}  // namespace
