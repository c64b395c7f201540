// Boost.Asio's thread_pool: post() of a packaged_task gives a future by itself.
#include <utility>

#include <boost/asio/packaged_task.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "bench/peers/future_peer.hpp"
#include "bench/peers/makers.hpp"
#include "bench/peers/packaged.hpp"

namespace bench {

namespace {

class AsioPool {
 public:
  explicit AsioPool(std::size_t workers) : pool_(workers) {}
  ~AsioPool() { pool_.join(); }
  AsioPool(const AsioPool&) = delete;
  AsioPool& operator=(const AsioPool&) = delete;

  template <class... Arguments>
  auto submit(Arguments... arguments) {
    return boost::asio::post(pool_, packaged(arguments...));
  }

 private:
  boost::asio::thread_pool pool_;
};

}  // namespace

std::unique_ptr<Peer> make_asio() { return std::make_unique<SimpleFuturePeer<AsioPool>>(); }

}  // namespace bench
