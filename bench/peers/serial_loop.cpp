#include "bench/peers/serial_loop.hpp"

namespace bench {

namespace {

class SerialLoop : public Peer {
 public:
  std::uint64_t map(std::span<const int> inputs) override {
    std::vector<int> results;
    results.reserve(inputs.size());
    for (const int input : inputs) results.push_back(short_work(input));
    std::uint64_t sum = 0;
    for (const int result : results) sum += static_cast<std::uint64_t>(result);
    return sum;
  }
};

}  // namespace

std::unique_ptr<Peer> make_serial_loop(std::size_t) { return std::make_unique<SerialLoop>(); }

}  // namespace bench
