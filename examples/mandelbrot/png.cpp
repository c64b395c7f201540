#include <png.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "picture.hpp"

namespace mandelbrot {
namespace {

// What libpng knows of a picture; frees what is left of it.
struct Image : png_image {
  Image() : png_image{} {
    version = PNG_IMAGE_VERSION;
    format = PNG_FORMAT_RGB;
  }
  ~Image() { png_image_free(this); }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  void require(int done, const std::string& what) const {
    if (done == 0) throw std::runtime_error(what + ": " + message);
  }
};

}  // namespace

void write_png(const std::string& file, const View& view, std::span<const Pixel> pixels) {
  Image image;
  image.width = static_cast<png_uint_32>(view.width);
  image.height = static_cast<png_uint_32>(view.height);
  const std::string what = "cannot write '" + file + "'";
  const auto require = [&what](bool done) {
    if (!done) throw std::runtime_error(what + ": " + std::generic_category().message(errno));
  };
  // libpng would open it as well, but would remove what it cannot write to, be it a device.
  std::unique_ptr<std::FILE, decltype(&std::fclose)> out(std::fopen(file.c_str(), "wb"),
                                                         &std::fclose);
  require(out != nullptr);
  image.require(png_image_write_to_stdio(&image, out.get(), 0, pixels.data(), 0, nullptr), what);
  require(std::fclose(out.release()) == 0);
}

std::vector<Pixel> read_png(const std::string& file) {
  Image image;
  const std::string what = "cannot read '" + file + "'";
  image.require(png_image_begin_read_from_file(&image, file.c_str()), what);
  image.format = PNG_FORMAT_RGB;
  std::vector<Pixel> pixels(std::size_t{image.width} * image.height);
  image.require(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), what);
  return pixels;
}

}  // namespace mandelbrot
