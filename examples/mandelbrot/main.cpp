// mandelbrot -o FILE: draws the Mandelbrot set in tiles, by a pool whose workers all write to one
// SharedArray, and writes it as a PNG.
#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "bench.hpp"
#include "command_line.hpp"
#include "picture.hpp"

namespace mandelbrot {
namespace {

void draw_file(const example::Settings& settings, const View& view, const std::string& file) {
  check_size(view);  // before all the work
  const auto picture = draw(*example::make_pool(settings), view);
  write_png(file, view, picture.span());
  if (!settings.check) return;
  const std::vector<Pixel> read = read_png(file);
  if (read != draw_serially(view))
    throw std::runtime_error("check failed: '" + file + "' is not what a plain loop draws");
  std::cout << "checked: " << read.size() << " pixels of '" << file << "'\n";
}

void bench(const example::Settings& settings, const View& view) {
  std::cout << "Mandelbrot set, " << view.width << " x " << view.height << ", at most "
            << view.iterations << " iterations" << std::endl;
  example::bench(
      settings, [&](muster::Executor& pool) { draw(pool, view); },
      [&]([[maybe_unused]] std::size_t workers) {
        std::vector<example::Contender> others;
#ifdef _OPENMP
        others.push_back({"OpenMP", [=] { draw_by_openmp(view, static_cast<int>(workers)); }});
#endif
        others.push_back({"plain loop", [view] { draw_serially(view); }});
        return others;
      });
}

}  // namespace
}  // namespace mandelbrot

int main(int argc, char** argv) {
  mandelbrot::View view;
  example::Settings settings;
  std::string file = "mandelbrot.png";
  CLI::App app("Draws the Mandelbrot set by a pool of workers.", "mandelbrot");
  app.add_option("-o,--output", file, "the PNG, which is replaced")->capture_default_str();
  app.add_option("--width", view.width, "pixels")
      ->check(example::whole(1, 65535))
      ->capture_default_str();
  app.add_option("--height", view.height, "pixels")
      ->check(example::whole(1, 65535))
      ->capture_default_str();
  app.add_option("--iterations", view.iterations, "before a point counts as one of the set")
      ->check(example::whole(1, 1'000'000))
      ->capture_default_str();
  example::add_settings(app, settings);
  return example::run(app, argc, argv, [&] {
    settings.bench ? mandelbrot::bench(settings, view)
                   : mandelbrot::draw_file(settings, view, file);
  });
}
