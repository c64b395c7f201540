#pragma once

// Which tasks are timed. Reading a clock costs 10 to 25 ns and a task that is timed some 50 more,
// in its worker: nothing to one of 2 us, and as much as itself to an empty one. So while tasks of a
// name are tiny, as workers measure it, one in 64 is timed and stands for all of them; which ones
// is left to chance, since what tasks are like may come in turns. Of a task that is chosen there is
// all that happens to it. A worker adds those that turn out to be long (task_telemetry.hpp).
//
// Under the pool's lock.

#include <array>
#include <atomic>
#include <cstdint>

#include "lib/common/ticks.hpp"
#include "lib/segments/views.hpp"

namespace muster::detail {

class TraceSampler {
 public:
  static constexpr unsigned kSparseLog2 = 6;

  TraceSampler() = default;
  TraceSampler(const ResultsView& results, std::atomic<std::uint64_t>& told);

  // Of a task of that name that is submitted now: its TraceMark, or 0 where it is not to be timed.
  std::uint64_t mark(std::uint8_t name) {
    OfName& of = names_[name];
    return next(name) ? TraceMark::pack(ticks_now(), of.weight_log2()) : 0;
  }
  // Of one that waited behind, with that mark, and comes into a slot now: what tasks are like may
  // be known only by now.
  std::uint64_t mark_again(std::uint8_t name, std::uint64_t mark) {
    const bool chosen = next(name);
    const OfName& of = names_[name];
    if (of.dense) return TraceMark::pack(mark == 0 ? TraceMark::kNotTimed : mark, 0);
    if (mark == 0 || TraceMark::weight_log2(mark) != 0) return mark;
    return chosen ? TraceMark::pack(mark, of.weight_log2()) : 0;
  }

 private:
  struct OfName {
    std::uint32_t left = 1;  // tasks until the next look
    bool dense = true;

    unsigned weight_log2() const { return dense ? 0 : kSparseLog2; }
  };

  bool next(std::uint8_t name) {
    OfName& of = names_[name];
    if (--of.left != 0) [[likely]]
      return of.dense;
    look(name);
    return true;
  }
  void look(std::uint8_t name);
  std::uint32_t draw();

  std::array<OfName, kMaxNames> names_;
  ResultsView results_;
  std::atomic<std::uint64_t>* told_ = nullptr;  // PoolHeader::sampling
  std::uint32_t sparse_ = 0;                    // names
  std::uint32_t worker_ = 0;                    // the next one to look at
  std::uint64_t chance_ = 0;
};

}  // namespace muster::detail
