#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <muster/muster.hpp>

namespace mandelbrot {

struct Pixel {
  std::uint8_t red, green, blue;
  friend bool operator==(const Pixel&, const Pixel&) = default;
};

// The set from -2.2 to 0.8, in so many pixels.
struct View {
  std::size_t width = 1920;
  std::size_t height = 1080;
  unsigned iterations = 1000;
};

// A tile is so many rows, or what is left of them.
inline constexpr std::size_t kTileRows = 8;

// Colours the rows from first_row on that `pixels` has room for.
void draw_rows(const View& view, std::size_t first_row, std::span<Pixel> pixels);

// The whole picture, a task for each tile. The workers write to the picture's own memory.
muster::SharedArray<Pixel> draw(muster::Executor& pool, const View& view);

// The same in a plain loop, and by OpenMP.
std::vector<Pixel> draw_serially(const View& view);
#ifdef _OPENMP
std::vector<Pixel> draw_by_openmp(const View& view, int workers);
#endif

// Throws std::runtime_error where the picture would be larger than write_png can write.
void check_size(const View& view);

// Both throw std::runtime_error that names the file. Under its name is a whole picture afterwards,
// or what was there before.
void write_png(const std::string& file, const View& view, std::span<const Pixel> pixels);
std::vector<Pixel> read_png(const std::string& file);

}  // namespace mandelbrot
