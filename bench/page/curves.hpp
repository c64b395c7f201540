#pragma once

#include <string>
#include <vector>

#include "bench/page/plot.hpp"

namespace bench {

struct CurvePoint {
  double x = 0;
  Spread y;
  std::string tip;
};

struct Curve {
  std::string label;
  std::string_view css;
  bool own = false;
  int dash = 0;  // tells those of a family apart
  std::vector<CurvePoint> points;
};

// How something grows: a line for each peer, with a whisker at each point, its name at its end.
struct CurvePlot {
  std::string axis;  // "tasks", "workers", "payload_bytes", "threads"
  Unit unit = Unit::seconds;
  std::vector<Curve> curves;
};

Drawing draw_curves(const CurvePlot& plot);

// "tasks queued", "workers", "bytes of argument", "threads that submit"
std::string axis_title(const std::string& axis);

}  // namespace bench
