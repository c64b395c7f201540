#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace parallel_gzip {

// A line on standard error that says how far the work has come, where that is a terminal;
// elsewhere nothing. The destructor wipes it.
class Progress {
 public:
  // doing: what the line begins with; it must outlive this. total in bytes; 0: not known.
  Progress(std::string_view doing, std::uint64_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  // `done` bytes of the input are compressed. Cheap: draws ten times a second at most.
  void update(std::uint64_t done);

 private:
  using Clock = std::chrono::steady_clock;

  const bool terminal_;
  const std::string_view doing_;
  const std::uint64_t total_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point next_draw_ = start_;
};

}  // namespace parallel_gzip
