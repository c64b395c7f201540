#include <algorithm>

#include "picture.hpp"

namespace mandelbrot {
namespace {

// After so many steps z is away from the set; `most` where it stays.
unsigned steps_to_escape(double x, double y, unsigned most) {
  double re = 0, im = 0;
  unsigned steps = 0;
  while (steps < most && re * re + im * im <= 4) {
    const double next = re * re - im * im + x;
    im = 2 * re * im + y;
    re = next;
    ++steps;
  }
  return steps;
}

Pixel colour(unsigned steps, unsigned most) {
  if (steps == most) return {0, 0, 0};
  const auto wave = [steps](unsigned speed) {
    const unsigned phase = steps * speed % 512;
    return static_cast<std::uint8_t>(phase < 256 ? phase : 511 - phase);
  };
  return {wave(5), wave(7), wave(11)};
}

std::size_t rows_of_tile(const View& view, std::size_t first_row) {
  return std::min(kTileRows, view.height - first_row);
}

}  // namespace

void draw_rows(const View& view, std::size_t first_row, std::span<Pixel> pixels) {
  const double scale = 3.0 / static_cast<double>(view.width);
  const double top = scale * static_cast<double>(view.height) / 2;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const double x = scale * static_cast<double>(i % view.width) - 2.2;
    const double y = top - scale * static_cast<double>(first_row + i / view.width);
    pixels[i] = colour(steps_to_escape(x, y, view.iterations), view.iterations);
  }
}

muster::SharedArray<Pixel> draw(muster::Executor& pool, const View& view) {
  muster::SharedArray<Pixel> picture(view.width * view.height);
  std::vector<std::size_t> rows;
  std::vector<muster::SharedArray<Pixel>> tiles;
  for (std::size_t row = 0; row < view.height; row += kTileRows) {
    rows.push_back(row);
    tiles.push_back(picture.subarray(row * view.width, rows_of_tile(view, row) * view.width));
  }
  // What travels to the worker is where the tile lies.
  const auto draw_tile = [view](std::size_t row, muster::SharedArray<Pixel> tile) {
    draw_rows(view, row, tile.span());
  };
  for ([[maybe_unused]] auto drawn : pool.map(draw_tile, rows, tiles)) {
    // Nothing comes back; what a task threw is thrown here.
  }
  return picture;
}

std::vector<Pixel> draw_serially(const View& view) {
  std::vector<Pixel> picture(view.width * view.height);
  draw_rows(view, 0, picture);
  return picture;
}

#ifdef _OPENMP
std::vector<Pixel> draw_by_openmp(const View& view, int workers) {
  std::vector<Pixel> picture(view.width * view.height);
#pragma omp parallel for schedule(dynamic) num_threads(workers)
  for (std::size_t row = 0; row < view.height; row += kTileRows) {
    draw_rows(view, row,
              std::span(picture).subspan(row * view.width, rows_of_tile(view, row) * view.width));
  }
  return picture;
}
#endif

}  // namespace mandelbrot
