#include "bench/peers/makers.hpp"

namespace bench {

namespace {

class SerialLoop : public Peer {
 public:
  void open(std::size_t) override {}
  void close() override {}

  std::uint64_t map(std::span<const int> inputs) override {
    std::vector<int> results;
    results.reserve(inputs.size());
    for (const int input : inputs) results.push_back(short_work(input));
    std::uint64_t sum = 0;
    for (const int result : results) sum += static_cast<std::uint64_t>(result);
    return sum;
  }

  std::vector<std::int64_t> burn_all(std::span<const int> microseconds) override {
    std::vector<std::int64_t> ended;
    for (const int each : microseconds) ended.push_back(burn(each));
    return ended;
  }

  // What a worker in another process cannot do without: one copy, and the sum. Into memory that
  // was used before, after the first time.
  double to_worker(std::span<const double> values, std::uint32_t times) override {
    double sum = 0;
    for (std::uint32_t i = 0; i < times; ++i) {
      copy_.assign(values.begin(), values.end());
      sum += sum_of(copy_);
    }
    return sum;
  }
  // Made, and copied once, which no other process can give it without.
  void from_worker(std::uint64_t count) override {
    made_ = std::vector<double>();  // not in between: {} would keep its memory
    made_ = make_doubles(count);
    copy_.assign(made_.begin(), made_.end());
  }
  double received() override { return sum_of(copy_); }

  void keep_doubles(std::uint64_t count) override { kept_ = make_doubles(count); }
  double sum_of_kept() override { return sum_of(kept_); }

 private:
  std::vector<double> copy_;
  std::vector<double> made_;
  std::vector<double> kept_;
};

}  // namespace

std::unique_ptr<Peer> make_serial_loop() { return std::make_unique<SerialLoop>(); }

}  // namespace bench
