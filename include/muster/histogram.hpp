#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/duration.hpp>

namespace muster {

// How long many tasks took, in buckets whose widths grow with what they hold: 32 for each doubling,
// so that a quantile is wrong by 1.6% at most.
//
// A count is one of tasks, also where not each was timed: one of a group of 64 counts 64 times.
//
// Thread safety: that of a value.
class LatencyHistogram {
 public:
  struct Bucket {
    Duration low;
    Duration high;  // not in it
    std::uint64_t count = 0;
  };

  LatencyHistogram() = default;
  // `counts`: of the buckets, from the shortest times on, of times in units of so many
  // nanoseconds, more than 0.
  LatencyHistogram(std::vector<std::uint64_t> counts, double ns_per_unit);

  bool empty() const { return total_ == 0; }
  std::uint64_t count() const { return total_; }
  // The middle of the bucket in which lies the task before which there are the fraction `q`, from 0
  // to 1, of all. 0 where it is empty.
  Duration quantile(double q) const;
  // Of all, each taken for the middle of its bucket.
  Duration mean() const;
  // The upper end of the last bucket with something in it.
  Duration max() const;
  // How long all of them took together.
  Duration total() const { return nanoseconds(sum()); }
  // How many took less than that, with an error of one bucket.
  std::uint64_t count_below(Duration limit) const;
  // Those with something in them, from the shortest on.
  std::vector<Bucket> buckets() const;

  // Counts what the other one has counted as well. Their units may differ by what a clock's rate is
  // known to: this one's stays.
  LatencyHistogram& operator+=(const LatencyHistogram& other);
  // What was counted since `earlier`, a state of the same one.
  LatencyHistogram since(const LatencyHistogram& earlier) const;

 private:
  static Duration nanoseconds(double ns);
  double sum() const;  // in nanoseconds

  std::vector<std::uint64_t> counts_;  // without the zeros at the end
  std::uint64_t total_ = 0;
  double ns_per_unit_ = 1;
};

}  // namespace muster
