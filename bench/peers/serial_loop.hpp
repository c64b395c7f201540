#pragma once

#include <cstddef>
#include <memory>

#include "bench/peers/peer.hpp"

namespace bench {

// No pool at all: what the others' maps are compared with.
std::unique_ptr<Peer> make_serial_loop(std::size_t);

}  // namespace bench
