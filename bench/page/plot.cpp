#include "bench/page/plot.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/page/markup.hpp"

namespace bench {

namespace {

constexpr double kRow = 22;
constexpr double kBar = 12;
constexpr double kTop = 4;
constexpr double kTickText = 16;
constexpr double kAxisText = 34;
constexpr double kAxis = 42;  // all that stands below the rows
constexpr double kMostLabel = 184;
constexpr double kGap = 10;

double middle_of(std::size_t row) { return kTop + (static_cast<double>(row) + 0.5) * kRow; }

std::string value_text(const Plot& plot, const PlotRow& row) {
  return row.values.empty() ? "" : shown_value(row.values.front().median, plot.unit);
}

// Grid, ticks and the axis' name, behind the rows.
std::string frame(const Plot& plot, const Scale& scale, double bottom) {
  constexpr double kRoom = 0.24;  // of the width, for a tick's text
  std::string out;
  double last = -1;
  bool second = false;  // narrow screens show every second text
  for (const double tick : scale.ticks()) {
    const double at = scale.at(tick);
    const std::string x = percent(at);
    out += svg_line("grid", x, kTop, x, bottom);
    if (at - last < kRoom) continue;
    out += svg_text(second ? "tick second middle" : "tick middle", x, 0, bottom + kTickText,
                    shown_tick(tick, plot.unit));
    second = !second;
    last = at;
  }
  const std::string name = plot.axis + (scale.is_logarithmic() ? ", logarithmic axis" : "");
  return out + svg_text("axis end", "100%", 0, bottom + kAxisText, name);
}

std::string whisker(const Spread& spread, const Scale& scale, double y) {
  constexpr double kCap = 3;
  const std::string from = percent(scale.at(spread.lower));
  const std::string to = percent(scale.at(spread.upper));
  return svg_line("whisker", from, y, to, y) + svg_line("whisker", from, y - kCap, from, y + kCap) +
         svg_line("whisker", to, y - kCap, to, y + kCap);
}

std::string bar(const PlotRow& row, const Scale& scale, double y) {
  const Spread& spread = row.values.front();
  return fmt::format(R"(<rect class="bar" x="0" y="{:.1f}" width="{}" height="{}" rx="1.5"/>)",
                     y - kBar / 2, percent(scale.at(spread.median)), kBar) +
         whisker(spread, scale, y);
}

std::string dots(const PlotRow& row, const Scale& scale, double y) {
  const auto at = [&](std::size_t i) { return percent(scale.at(row.values[i].median)); };
  std::string out = svg_line("span", at(0), y, at(row.values.size() - 1), y);
  for (std::size_t i = row.values.size(); i-- > 0;) {
    out += fmt::format(R"(<circle class="mark m{}" cx="{}" cy="{:.1f}" r="{}"/>)", i, at(i), y,
                       i == 0 ? 5 : 3.6);
  }
  return out;
}

template <class DrawRow>
Drawing draw(const Plot& plot, const Scale& scale, DrawRow draw_row) {
  Drawing drawing;
  double widest = 0;
  double widest_value = 0;
  for (const PlotRow& row : plot.rows) {
    constexpr double kBold = 1.08;
    widest = std::max(widest, text_width(row.label) * (row.own ? kBold : 1));
    widest_value = std::max(widest_value, text_width(value_text(plot, row)));
  }
  drawing.left = std::min(widest, kMostLabel) + kGap;
  drawing.right = widest_value + kGap;
  const double bottom = kTop + kRow * static_cast<double>(plot.rows.size());
  drawing.height = bottom + kAxis;
  drawing.content = frame(plot, scale, bottom);
  for (std::size_t i = 0; i < plot.rows.size(); ++i) {
    const PlotRow& row = plot.rows[i];
    const double y = middle_of(i);
    const double text_y = y + 4;
    drawing.content += fmt::format(R"(<g class="row {}{}" data-tip="{}">)", row.css,
                                   row.own ? " own" : "", escaped(row.tip));
    // The pointer finds the row everywhere, not on its ink alone.
    drawing.content += fmt::format(
        R"(<rect class="hit" x="0" y="{:.1f}" width="100%" height="{}"/>)", y - kRow / 2, kRow);
    drawing.content += svg_text("label end", "0%", -kGap, text_y, fitted(row.label, kMostLabel));
    if (row.values.empty()) {
      drawing.content += svg_text("instead", "0%", 4, text_y, row.instead);
    } else {
      drawing.content += draw_row(row, scale, y);
      drawing.content +=
          svg_text("value end", "100%", drawing.right, text_y, value_text(plot, row));
    }
    drawing.content += "</g>";
  }
  drawing.content += svg_line("base", "0%", kTop, "0%", bottom);
  return drawing;
}

}  // namespace

Drawing draw_bars(const Plot& plot, const Scale& scale) { return draw(plot, scale, bar); }

Drawing draw_dots(const Plot& plot, const Scale& scale) { return draw(plot, scale, dots); }

Drawing draw_rows(const Plot& plot, const Scale& scale) {
  return plot.marks.empty() ? draw_bars(plot, scale) : draw_dots(plot, scale);
}

std::string figure_html(const std::string& title, const Drawing& drawing) {
  return fmt::format(
      "<figure><figcaption>{0}</figcaption>"
      R"(<div class="plot" style="padding:0 {1:.0f}px 0 {2:.0f}px">)"
      R"(<svg role="img" aria-label="{0}" width="100%" height="{3:.0f}">{4}</svg></div></figure>)"
      "\n",
      escaped(title), drawing.right, drawing.left, drawing.height, drawing.content);
}

std::string svg_text(std::string_view css, std::string_view x, double dx, double y,
                     std::string_view text) {
  return fmt::format(R"(<text class="{}" x="{}" dx="{:.0f}" y="{:.1f}">{}</text>)", css, x, dx, y,
                     escaped(text));
}

std::string svg_line(std::string_view css, std::string_view x1, double y1, std::string_view x2,
                     double y2) {
  return fmt::format(R"(<line class="{}" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>)", css, x1, y1,
                     x2, y2);
}

}  // namespace bench
