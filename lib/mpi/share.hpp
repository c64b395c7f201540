#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace muster::detail {

// How much of a pool's work a rank is given ahead. As many tasks as it has workers, so that none is
// idle while there are tasks; and as many more as it ends in kAheadNs, or in two round trips of a
// message where that is longer. So short tasks do not run out while messages are on their way, and
// long ones do not wait behind others while another rank has nothing to do. Where the window itself
// is what holds a rank up, it ends a window's tasks in each round trip, and so the window doubles.
class Share {
 public:
  static constexpr std::int64_t kAheadNs = 2'000'000;
  static constexpr std::size_t kMostTasks = 8192;
  static constexpr std::size_t kMostBytes = std::size_t{256} << 20;

  std::size_t workers = 0;
  std::size_t sent = 0;   // tasks that it has and has not ended
  std::size_t bytes = 0;  // of their arguments

  bool has_idle_workers() const { return sent < workers; }
  std::size_t window() const {
    const double ahead = per_ns_ * static_cast<double>(ahead_ns());
    return std::min(workers + static_cast<std::size_t>(ahead), std::max(workers, kMostTasks));
  }
  // Whether it may be given a task with so many bytes.
  bool has_room(std::size_t more) const {
    return sent < window() && (sent < workers || bytes + more <= kMostBytes);
  }

  void give(std::size_t size, std::int64_t now_ns) {
    if (sent++ == 0) since_ns_ = now_ns;
    bytes += size;
    holds_all_ = false;
  }
  void take_back(std::size_t size) {
    --sent;
    bytes -= size;
  }
  // It has more than its workers run, and none has ended for a while: they are longer than those
  // that its window was measured by. Unless it was asked already, and has not answered, or has
  // nothing that it could give back.
  bool may_recall(std::int64_t now_ns) const {
    return sent > workers && now_ns - since_ns_ > ahead_ns() && !recalls_ && !holds_all_;
  }
  void recall() { recalls_ = true; }
  // Its answer. `any`: it has given some back.
  void recalled(bool any) {
    recalls_ = false;
    holds_all_ = !any;
  }
  void forget() { per_ns_ = 0; }

  // What a message there and back takes.
  void set_round_trip(std::int64_t ns) { round_trip_ns_ = ns; }

  // So many have ended by now since this was called last.
  void ended(std::size_t tasks, std::int64_t now_ns) {
    if (tasks == 0) return;
    const double span = static_cast<double>(std::max<std::int64_t>(now_ns - since_ns_, 1000));
    const double now = static_cast<double>(tasks) / span;
    constexpr double kMemoryNs = 200'000;
    per_ns_ += (now - per_ns_) * std::min(1.0, span / kMemoryNs);
    holds_all_ = false;
    since_ns_ = now_ns;
  }

 private:
  std::int64_t ahead_ns() const { return std::max(kAheadNs, 2 * round_trip_ns_); }

  double per_ns_ = 0;  // tasks that it ends
  std::int64_t since_ns_ = 0;
  std::int64_t round_trip_ns_ = 0;
  bool recalls_ = false;    // it was told to give some back, and has not said that it has
  bool holds_all_ = false;  // it had nothing to give back, and that has not changed since
};

}  // namespace muster::detail
