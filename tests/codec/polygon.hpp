#pragma once

#include <utility>
#include <vector>

#include <muster/codec.hpp>
#include <muster/error.hpp>

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

class Polygon {
 public:
  explicit Polygon(std::vector<Point> corners) : corners_(std::move(corners)) {}
  const std::vector<Point>& corners() const { return corners_; }
  friend bool operator==(const Polygon&, const Polygon&) = default;

 private:
  std::vector<Point> corners_;
};

template <>
struct muster::Codec<Polygon> {
  static void encode(Encoder& out, const Polygon& polygon) { out.write(polygon.corners()); }
  static Polygon decode(Decoder& in) {
    auto corners = in.read<std::vector<Point>>();
    if (corners.size() < 3) throw EncodingError("a polygon has three corners at the least");
    return Polygon(std::move(corners));
  }
};
