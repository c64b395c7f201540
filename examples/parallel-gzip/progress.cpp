#include "progress.hpp"

#include <unistd.h>

#include <iomanip>
#include <iostream>
#include <sstream>

namespace parallel_gzip {
namespace {

constexpr std::chrono::milliseconds kBetweenDraws(100);
constexpr double kMega = 1e6;

}  // namespace

Progress::Progress(std::string_view doing, std::uint64_t total)
    : terminal_(isatty(STDERR_FILENO) == 1), doing_(doing), total_(total) {}

Progress::~Progress() {
  if (terminal_) std::cerr << "\r\033[K" << std::flush;  // to the line's start, erase it
}

void Progress::update(std::uint64_t done) {
  if (!terminal_) return;
  const auto now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + kBetweenDraws;

  const double megabytes = static_cast<double>(done) / kMega;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  std::ostringstream line;
  line << '\r' << doing_ << ": " << std::fixed << std::setprecision(1) << megabytes;
  if (total_ > 0) {
    const double total = static_cast<double>(total_) / kMega;
    line << " of " << total << " MB (" << std::setprecision(0) << 100 * megabytes / total << " %)";
  } else {
    line << " MB";
  }
  if (seconds > 0) line << ", " << std::setprecision(1) << megabytes / seconds << " MB/s";
  line << "\033[K";
  std::cerr << line.str() << std::flush;
}

}  // namespace parallel_gzip
