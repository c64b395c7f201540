// Large arguments and results.
#include <algorithm>
#include <array>
#include <chrono>

#include "bench/probes/stopwatch.hpp"
#include "bench/scenarios.hpp"
#include "bench/scenarios/each_peer.hpp"

namespace bench {

namespace {

constexpr std::uint64_t kDoubles = (std::uint64_t{64} << 20) / sizeof(double);

// How the doubles get to where they are added up.
enum class Way { to, shared_to, kept, back, viewed, shared_back };

struct Variant {
  std::string_view name;
  Way way;
  unsigned offer;

  bool is_back() const { return way == Way::back || way == Way::viewed || way == Way::shared_back; }
};
constexpr std::array<Variant, 6> kVariants = {{
    {"64 MiB to a worker", Way::to, kTransfer},
    {"64 MiB shared with a worker", Way::shared_to, kShare},
    {"64 MiB that a worker keeps", Way::kept, kKeep},
    {"64 MiB back", Way::back, kTransfer},
    {"64 MiB back and looked at", Way::viewed, kView},
    {"64 MiB back and shared", Way::shared_back, kShare},
}};

const Variant& variant_of(const Cell& cell) {
  return *std::find_if(kVariants.begin(), kVariants.end(),
                       [&](const Variant& each) { return each.name == cell.variant; });
}

void check(double got, std::uint64_t count) {
  check_sum(static_cast<std::uint64_t>(got), static_cast<std::uint64_t>(sum_of_doubles(count)));
}

// What one transfer took; what a way does not have is 0.
struct Times {
  double all = 0;
  double handed_over = 0;
  double read = 0;
};

// Many transfers of a cell, of its peer, in its way.
class Transfers {
 public:
  Transfers(Peer& peer, const Cell& cell)
      : peer_(peer),
        way_(variant_of(cell).way),
        count_(cell.size),
        keeps_((find_peer(cell.peer)->offers & kKeep) != 0),
        values_(make_doubles(count_)),
        copy_(values_) {
    if (way_ == Way::to) peer_.prepare_doubles(values_);
    if (way_ == Way::shared_to) peer_.share_doubles(values_);
    if (way_ == Way::kept || (way_ == Way::shared_to && keeps_)) peer_.keep_doubles(count_);
    // So that the first is the first of its size, and not of anything in the pool.
    constexpr std::uint64_t kFew = 16;
    fetch(kFew);
  }

  Times once() {
    if (way_ != Way::to && way_ != Way::shared_to && way_ != Way::kept) return fetch(count_);
    const Stopwatch watch;
    const double sum = send();
    const Times times{.all = watch.seconds()};
    check(sum, count_);
    return times;
  }

  // The least that can be done of it: between processes that share no memory from the start, a
  // copy; where they do, adding up what is there already.
  double least() {
    if (way_ == Way::shared_to || way_ == Way::kept) {
      const Stopwatch watch;
      const double sum = keeps_ ? peer_.sum_of_kept() : sum_of(values_);
      const double seconds = watch.seconds();
      check(sum, count_);
      return seconds;
    }
    // Once before: what ran meanwhile may have taken its pages away, as a fork does.
    std::copy(values_.begin(), values_.end(), copy_.begin());
    const Stopwatch watch;
    std::copy(values_.begin(), values_.end(), copy_.begin());
    double seconds = watch.seconds();
    const double sum = sum_of(copy_);
    if (way_ == Way::to) seconds = watch.seconds();
    check(sum, count_);
    return seconds;
  }

 private:
  double send() {
    if (way_ == Way::shared_to) return peer_.to_worker_shared();
    return way_ == Way::kept ? peer_.sum_of_kept() : peer_.to_worker(values_, 1);
  }

  Times fetch(std::uint64_t count) {
    const Stopwatch watch;
    if (way_ == Way::viewed) {
      peer_.from_worker_viewed(count);
    } else if (way_ == Way::shared_back) {
      peer_.from_worker_shared(count);
    } else {
      peer_.from_worker(count);
    }
    const Instant now = std::chrono::steady_clock::now();
    Times times{.all = watch.seconds()};
    times.handed_over = std::chrono::duration<double>(now - peer_.made_at()).count();
    const Stopwatch reading;
    const double sum = peer_.received();
    times.read = reading.seconds();
    check(sum, count);
    return times;
  }

  Peer& peer_;
  const Way way_;
  const std::uint64_t count_;
  const bool keeps_;
  const std::vector<double> values_;
  std::vector<double> copy_;
};

double median_of(std::vector<double> values) { return spread_of(std::move(values)).median; }

class Transfer : public Scenario {
 public:
  std::string_view name() const override { return "transfer"; }
  std::string_view summary() const override {
    return "8 Mi doubles (64 MiB). To a worker: it adds them up where they came to be; shared with "
           "it: they were in memory that it has, too; that it keeps: no transfer at all. Back: a "
           "worker makes as many; looked at and shared: they stay where it made or wrote them. "
           "again: hot, the median of five (three where they take a second) after the first of "
           "a pool, which is cold, from before the submission to the sum, or to when the client "
           "has them. handed over: the part of "
           "that after they were made. added up: by the client, then dropped. the least: in turns "
           "with them, in one process and memory that was used before, a copy and the sum (to a "
           "worker) or the copy (back); where nothing is to be copied the sum of what the worker "
           "keeps, or the client, if it keeps none. beside the least: again, or handed over, by "
           "that. Peers whose workers are threads copy nothing.";
  }
  std::vector<Metric> metrics() const override {
    return {{"again", "again, hot", Unit::seconds, false, "hot"},
            {"first", "first, cold", Unit::seconds, false, "cold"},
            {"handed", "handed over", Unit::seconds, false, "hot"},
            {"read", "added up", Unit::seconds, false, "hot"},
            {"least", "the least", Unit::seconds, false, "hot"},
            {"times", "beside the least", Unit::count, false, "hot"}};
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    const std::vector<std::size_t> one = {settings.workers.back()};
    std::vector<Cell> cells;
    for (const Variant& variant : kVariants) {
      append(cells, each_peer(variant.offer, one, {std::string(variant.name)},
                              [](const PeerEntry&) { return kDoubles; }));
    }
    return cells;
  }

  // In all threads it is the same: the pool of threads and the serial loop stand for them. Back it
  // takes other processes as long as there, or twice as long.
  bool in_quick(const PeerEntry& peer, const Cell& cell) const override {
    const bool process = peer.workers != Workers::none;
    return peer.quick && (peer.offers & kThreads) == 0 && (!variant_of(cell).is_back() || !process);
  }
  std::size_t runs(const Settings& settings) const override { return settings.slow_runs(); }

  void measure(const Cell& cell, Sample& out) const override {
    prepare_to_tell();
    const auto peer = make_peer(cell.peer, cell.workers);
    Transfers transfers(*peer, cell);

    out.set("first", transfers.once().all);
    // As many as a second has, three at least, so that slow peers do not take minutes.
    constexpr int kLeast = 3;
    constexpr int kMost = 5;
    constexpr double kEnough = 1;
    std::vector<double> all;
    std::vector<double> handed_over;
    std::vector<double> read;
    std::vector<double> least;
    const Stopwatch watch;
    for (int i = 0; i < kMost && (i < kLeast || watch.seconds() < kEnough); ++i) {
      const Times times = transfers.once();
      all.push_back(times.all);
      handed_over.push_back(times.handed_over);
      read.push_back(times.read);
      least.push_back(transfers.least());
    }
    const bool back = variant_of(cell).is_back();
    const double again = median_of(std::move(all));
    const double handed = median_of(std::move(handed_over));
    const double by = median_of(std::move(least));
    out.set("again", again);
    if (back) out.set("handed", handed);
    if (back) out.set("read", median_of(std::move(read)));
    out.set("least", by);
    out.set("times", (back ? handed : again) / by);
  }
};

}  // namespace

std::unique_ptr<Scenario> make_transfer() { return std::make_unique<Transfer>(); }

}  // namespace bench
