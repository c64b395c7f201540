#include "help_page.hpp"

#include "screen_text.hpp"

namespace muster_tool::top {

Page help_page() {
  struct Entry {
    const char* keys;
    const char* what;
  };
  constexpr Entry kEntries[] = {
      {"Up Down k j", "to another row"},
      {"PgUp PgDn", "a screen of rows further"},
      {"Home End g G", "to the first, to the last"},
      {"Enter", "open the pool or the worker"},
      {"p Esc", "back: to the pool, to the list of pools"},
      {"s > <", "sort by the next column, by the one before"},
      {"r", "turn the order round"},
      {"/", "only rows with this text; empty: all"},
      {"f Space", "freeze what is shown, and go on"},
      {"d", "where the worker is: its stack"},
      {"K", "kill the worker; asks first"},
      {"? h", "this page"},
      {"q", "quit"},
  };
  Page page{Line("Keys", Style::strong), Line()};
  for (const Entry& entry : kEntries) {
    Line line("  " + fit(entry.keys, 14), Style::strong);
    page.push_back(line.add(entry.what));
  }
  page.emplace_back();
  page.emplace_back(
      "The pool does not notice that it is looked at: only d and K act, by a signal.");
  return page;
}

}  // namespace muster_tool::top
