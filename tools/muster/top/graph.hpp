#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace muster_tool::top {

// The last values of something, the newest at the end.
class History {
 public:
  void add(double value);
  // As many as there are, up to `count`.
  std::vector<double> last(std::size_t count) const;

 private:
  std::deque<double> values_;
};

// Columns of blocks, `height` lines of `width` characters, the newest value at the right end. The
// greatest is as high as the graph; 0 is empty and all else seen.
std::vector<std::string> graph(const std::vector<double>& values, std::size_t width,
                               std::size_t height);

// How far something is, in so many characters. Empty where `total` is 0: it is not known.
std::string progress_bar(std::uint64_t done, std::uint64_t total, std::size_t width);
// From 0 to 1.
double progress(std::uint64_t done, std::uint64_t total);

}  // namespace muster_tool::top
