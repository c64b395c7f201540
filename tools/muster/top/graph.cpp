#include "graph.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace muster_tool::top {

namespace {

constexpr std::size_t kEighths = 8;
constexpr std::array<std::string_view, kEighths + 1> kFromBelow{
    " ", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
constexpr std::array<std::string_view, kEighths + 1> kFromLeft{
    "\u2591", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589", "\u2588"};

// A screen is not wider.
constexpr std::size_t kKept = 1024;

}  // namespace

void History::add(double value) {
  values_.push_back(std::isfinite(value) && value > 0 ? value : 0);
  if (values_.size() > kKept) values_.pop_front();
}

std::vector<double> History::last(std::size_t count) const {
  const auto skipped =
      static_cast<std::ptrdiff_t>(values_.size() - std::min(count, values_.size()));
  return {values_.begin() + skipped, values_.end()};
}

std::vector<std::string> graph(const std::vector<double>& values, std::size_t width,
                               std::size_t height) {
  const std::size_t shown = std::min(values.size(), width);
  const auto first = values.end() - static_cast<std::ptrdiff_t>(shown);
  const double greatest = shown == 0 ? 0 : *std::max_element(first, values.end());
  std::vector<std::string> lines(height, std::string(width - shown, ' '));
  for (auto value = first; value != values.end(); ++value) {
    const double part = greatest > 0 ? *value / greatest : 0;
    auto eighths =
        static_cast<std::size_t>(std::lround(part * static_cast<double>(height * kEighths)));
    if (*value > 0) eighths = std::max<std::size_t>(eighths, 1);
    for (std::size_t row = 0; row < height; ++row) {
      const std::size_t below = (height - 1 - row) * kEighths;
      lines[row] += kFromBelow[eighths <= below ? 0 : std::min(eighths - below, kEighths)];
    }
  }
  return lines;
}

double progress(std::uint64_t done, std::uint64_t total) {
  if (total == 0) return 0;
  return std::min(static_cast<double>(done) / static_cast<double>(total), 1.0);
}

std::string progress_bar(std::uint64_t done, std::uint64_t total, std::size_t width) {
  if (total == 0) return "";
  const auto eighths =
      static_cast<std::size_t>(progress(done, total) * static_cast<double>(width * kEighths));
  std::string bar;
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t before = i * kEighths;
    bar += kFromLeft[eighths <= before ? 0 : std::min(eighths - before, kEighths)];
  }
  return bar;
}

}  // namespace muster_tool::top
