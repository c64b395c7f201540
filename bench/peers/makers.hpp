#pragma once

#include <memory>

#include "bench/peers/peer.hpp"

namespace bench {

// To be called at the top of main: there a run of this program that is to be the workers of a
// spawned pool ends.
void serve_if_spawned();  // muster_peer.cpp

// A peer each, in the file of the name. Their workers are not started yet.

std::unique_ptr<Peer> make_process_pool();  // muster_peer.cpp
std::unique_ptr<Peer> make_forkserver_pool();
std::unique_ptr<Peer> make_spawned_pool();
std::unique_ptr<Peer> make_thread_pool();
std::unique_ptr<Peer> make_serial_loop();

std::unique_ptr<Peer> make_tbb_enqueue();  // tbb_peers.cpp, where oneTBB is installed
std::unique_ptr<Peer> make_tbb_group();
std::unique_ptr<Peer> make_asio();
std::unique_ptr<Peer> make_std_async();
std::unique_ptr<Peer> make_mutex_pool();
std::unique_ptr<Peer> make_moodycamel();
std::unique_ptr<Peer> make_moodycamel_yield();

std::unique_ptr<Peer> make_pipe_single();  // pipe_peers.cpp
std::unique_ptr<Peer> make_pipe_batched();
std::unique_ptr<Peer> make_message_queue();
std::unique_ptr<Peer> make_fork_per_task();
std::unique_ptr<Peer> make_xargs();

std::unique_ptr<Peer> make_python_threads();  // python_peer.cpp
std::unique_ptr<Peer> make_python_processes();
std::unique_ptr<Peer> make_python_forkserver();
std::unique_ptr<Peer> make_python_spawn();
std::unique_ptr<Peer> make_python_pool();
std::unique_ptr<Peer> make_loky();
std::unique_ptr<Peer> make_pebble();
std::unique_ptr<Peer> make_mpi4py();

}  // namespace bench
