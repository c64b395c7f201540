#include <fcntl.h>
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
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

void require(bool done, const std::string& what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

// Writes all of it and closes the file.
void write_to(std::FILE* file, const View& view, std::span<const Pixel> pixels,
              const std::string& what) {
  std::unique_ptr<std::FILE, decltype(&std::fclose)> out(file, &std::fclose);
  require(out != nullptr, what);
  Image image;
  image.width = static_cast<png_uint_32>(view.width);
  image.height = static_cast<png_uint_32>(view.height);
  image.require(png_image_write_to_stdio(&image, out.get(), 0, pixels.data(), 0, nullptr), what);
  require(std::fclose(out.release()) == 0, what);
}

// What the permissions of a new file are to be: mkstemp lets nobody else read it.
mode_t usual_mode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

void check_size(const View& view) {
  // libpng counts the bytes of a picture in 32 bits.
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max() / sizeof(Pixel);
  if (view.width * view.height <= kMost) return;
  throw std::runtime_error(std::to_string(view.width) + " x " + std::to_string(view.height) +
                           " pixels are too many: a PNG is written of at most " +
                           std::to_string(kMost));
}

void write_png(const std::string& file, const View& view, std::span<const Pixel> pixels) {
  const std::string what = "cannot write '" + file + "'";
  // Where it is a link, what that names is replaced. A file that cannot be found out about will not
  // be written to either.
  std::error_code ignored;
  std::filesystem::path path = std::filesystem::weakly_canonical(file, ignored);
  if (path.empty()) path = file;

  struct stat old = {};
  const bool exists = stat(path.c_str(), &old) == 0;
  if (exists && !S_ISREG(old.st_mode)) {  // a device, a pipe: nothing that could be replaced
    return write_to(std::fopen(path.c_str(), "wb"), view, pixels, what);
  }
  // Beside it, then renamed: under its name is a whole picture, or what was there before.
  std::string temporary = path.parent_path() / ".mandelbrot.XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  require(fd >= 0, what);
  try {
    write_to(fdopen(fd, "wb"), view, pixels, what);
    require(chmod(temporary.c_str(), exists ? old.st_mode & 0777 : usual_mode()) == 0, what);
    require(std::rename(temporary.c_str(), path.c_str()) == 0, what);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
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
