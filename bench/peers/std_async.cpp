// std::async, which starts a thread for each task.
#include <future>

#include "bench/peers/future_peer.hpp"
#include "bench/peers/makers.hpp"

namespace bench {

namespace {

class StdAsync {
 public:
  explicit StdAsync(std::size_t) {}

  template <class... Arguments>
  auto submit(Arguments... arguments) {
    return std::async(std::launch::async, arguments...);
  }
};

}  // namespace

std::unique_ptr<Peer> make_std_async() { return std::make_unique<SimpleFuturePeer<StdAsync>>(); }

}  // namespace bench
