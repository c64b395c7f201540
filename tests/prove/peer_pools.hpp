#pragma once

#include <memory>

#include <muster/options.hpp>

#include "prove/peer_load.hpp"

namespace prove {

std::unique_ptr<PeerPool> make_muster_peer(muster::OnWorkerDeath policy);

// Two of Boost.Interprocess's message queues in shared memory, one of tasks and one of results, and
// workers that are forked anew when one has died.
std::unique_ptr<PeerPool> make_queue_peer();

}  // namespace prove
