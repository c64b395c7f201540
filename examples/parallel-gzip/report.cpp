#include "report.hpp"

#include <cstdint>
#include <iomanip>
#include <sstream>

namespace parallel_gzip {
namespace {

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

double rate(std::uint64_t bytes, double seconds) {
  return seconds > 0 ? megabytes(bytes) / seconds : 0;
}

}  // namespace

std::string describe(const Run& run, const Options& options) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << quoted(options.input) << ": "
      << megabytes(run.input_bytes) << " MB to " << megabytes(run.output_bytes) << " MB";
  if (run.input_bytes > 0) {
    out << " ("
        << 100 * static_cast<double>(run.output_bytes) / static_cast<double>(run.input_bytes)
        << " %)";
  }
  out << std::setprecision(2) << " in " << run.seconds << " s, " << std::setprecision(1)
      << rate(run.input_bytes, run.seconds) << " MB/s with " << run.workers
      << (options.threads ? " thread" : " process");
  if (run.workers != 1) out << (options.threads ? "s" : "es");
  return out.str();
}

std::string describe_speed_up(const Run& many, const Run& one, const Options& options) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << "one " << (options.threads ? "thread" : "process")
      << ": " << rate(one.input_bytes, one.seconds) << " MB/s over the ";
  if (one.input_bytes < many.input_bytes) {
    out << "first " << megabytes(one.input_bytes) << " MB";
  } else {
    out << "same bytes";
  }
  out << std::setprecision(2) << "; speed-up " << one.seconds / many.mark_seconds;
  return out.str();
}

}  // namespace parallel_gzip
