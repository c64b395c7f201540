#include "bench/page/curves.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bench/page/markup.hpp"

namespace bench {

namespace {

constexpr double kTop = 18;
constexpr double kHeight = 230;  // of the frame
constexpr double kLabelGap = 15;
constexpr double kMostLabel = 160;

std::string x_text(double x, const std::string& axis) {
  return axis == "payload_bytes" ? shown_value(x, Unit::bytes) : shown_count(x);
}

struct Frame {
  Scale x;
  Scale y;

  std::string across(double value) const { return percent(x.at(value)); }
  double down(double value) const { return kTop + kHeight * (1 - y.at(value)); }
};

Frame frame_of(const CurvePlot& plot) {
  std::vector<double> xs;
  std::vector<double> ys;
  for (const Curve& curve : plot.curves) {
    for (const CurvePoint& point : curve.points) {
      xs.push_back(point.x);
      ys.insert(ys.end(), {point.y.lower, point.y.median, point.y.upper});
    }
  }
  return {Scale::for_steps(xs), Scale::for_values(ys, plot.unit)};
}

std::string grid(const CurvePlot& plot, const Frame& frame) {
  std::string out;
  for (const double tick : frame.y.ticks()) {
    const double y = frame.down(tick);
    out += svg_line("grid", "0%", y, "100%", y);
    out += svg_text("tick end", "0%", -8, y + 4, shown_tick(tick, plot.unit));
  }
  const double bottom = kTop + kHeight;
  for (const double tick : frame.x.ticks()) {
    const std::string x = frame.across(tick);
    out += svg_line("notch", x, bottom, x, bottom + 4);
    out += svg_text("tick middle", x, 0, bottom + 18, x_text(tick, plot.axis));
  }
  out += svg_line("base", "0%", bottom, "100%", bottom);
  const auto note = [](const Scale& scale) {
    return scale.is_logarithmic() ? ", logarithmic" : "";
  };
  if (frame.y.is_logarithmic()) out += svg_text("axis", "0%", 0, kTop - 10, "logarithmic");
  out += svg_text("axis end", "100%", 0, bottom + 36, axis_title(plot.axis) + note(frame.x));
  return out;
}

std::string line_of(const Curve& curve, const Frame& frame) {
  std::string out =
      fmt::format(R"(<g class="curve {}{} d{}">)", curve.css, curve.own ? " own" : "", curve.dash);
  for (std::size_t i = 1; i < curve.points.size(); ++i) {
    const CurvePoint& from = curve.points[i - 1];
    const CurvePoint& to = curve.points[i];
    out += svg_line("stroke", frame.across(from.x), frame.down(from.y.median), frame.across(to.x),
                    frame.down(to.y.median));
  }
  for (const CurvePoint& point : curve.points) {
    const std::string x = frame.across(point.x);
    out += svg_line("spread", x, frame.down(point.y.lower), x, frame.down(point.y.upper));
    out += fmt::format(R"(<circle class="mark m0" cx="{}" cy="{:.1f}" r="{}" data-tip="{}"/>)", x,
                       frame.down(point.y.median), curve.own ? 4 : 3, escaped(point.tip));
  }
  return out + "</g>";
}

struct EndLabel {
  const Curve* curve;
  double y;
};

// Names at the ends of the lines, moved apart where lines end close to each other.
std::vector<EndLabel> place_labels(const CurvePlot& plot, const Frame& frame) {
  std::vector<EndLabel> labels;
  for (const Curve& curve : plot.curves) {
    labels.push_back({&curve, frame.down(curve.points.back().y.median)});
  }
  std::sort(labels.begin(), labels.end(),
            [](const EndLabel& a, const EndLabel& b) { return a.y < b.y; });
  for (std::size_t i = 1; i < labels.size(); ++i) {
    labels[i].y = std::max(labels[i].y, labels[i - 1].y + kLabelGap);
  }
  // Pushed down too far: up again from the bottom.
  double most = kTop + kHeight;
  for (std::size_t i = labels.size(); i-- > 0;) {
    labels[i].y = std::min(labels[i].y, most);
    most = labels[i].y - kLabelGap;
  }
  return labels;
}

std::string label_text(const EndLabel& label, const Frame& frame) {
  const CurvePoint& last = label.curve->points.back();
  const std::string at = frame.across(last.x);
  const double end = frame.down(last.y.median);
  // A line that ends early or whose name had to move is led to its name.
  std::string out;
  if (frame.x.at(last.x) < 1 || std::abs(end - label.y) > 2) {
    out = fmt::format(R"(<svg x="100%" y="0" width="14" height="1" overflow="visible">)") +
          svg_line("lead", "4", end, "14", label.y) + "</svg>";
    if (frame.x.at(last.x) < 1) out += svg_line("lead", at, end, "100%", end);
  }
  return fmt::format(R"(<g class="{}{}">)", label.curve->css, label.curve->own ? " own" : "") +
         out + svg_text("label", "100%", 17, label.y + 4, fitted(label.curve->label, kMostLabel)) +
         "</g>";
}

}  // namespace

std::string axis_title(const std::string& axis) {
  if (axis == "tasks") return "tasks queued";
  if (axis == "payload_bytes") return "argument of each task";
  if (axis == "threads") return "threads that submit";
  return axis;
}

Drawing draw_curves(const CurvePlot& plot) {
  const Frame frame = frame_of(plot);
  Drawing drawing;
  drawing.content = grid(plot, frame);
  // Muster's lines lie above the others.
  for (const bool own : {false, true}) {
    for (const Curve& curve : plot.curves) {
      if (curve.own == own) drawing.content += line_of(curve, frame);
    }
  }
  const std::vector<EndLabel> labels = place_labels(plot, frame);
  double widest = 0;
  for (const EndLabel& label : labels) {
    widest = std::max(widest, text_width(label.curve->label));
    drawing.content += label_text(label, frame);
  }
  double widest_tick = 0;
  for (const double tick : frame.y.ticks()) {
    widest_tick = std::max(widest_tick, text_width(shown_tick(tick, plot.unit)));
  }
  drawing.left = widest_tick + 8;
  drawing.right = std::min(widest, kMostLabel) + 18;
  drawing.height = kTop + kHeight + 44;
  return drawing;
}

}  // namespace bench
