#pragma once

#include <cstddef>
#include <memory>

#include "bench/peers/peer.hpp"

namespace bench {

std::unique_ptr<Peer> make_process_pool(std::size_t workers);
std::unique_ptr<Peer> make_thread_pool(std::size_t workers);

}  // namespace bench
