#pragma once

// All calls of MPI are here. One thread makes them all, from begin() to end(); is_initialized() is
// for any.

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace muster::detail {

// MPI says that something went wrong. `peer`: with which rank; -1 where it does not say.
class TransportError : public std::runtime_error {
 public:
  TransportError(const std::string& what, int peer) : std::runtime_error(what), peer_(peer) {}
  int peer() const { return peer_; }

 private:
  int peer_;
};

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport();

  // Whether anybody in this process has initialised MPI, also if it is finalised since.
  static bool is_initialized();

  // Initialises MPI, and waits until all ranks have. Throws TransportError.
  void begin();
  // Finalises it, once all that was sent has gone and all ranks do the same.
  void end();

  int rank() const { return rank_; }
  int ranks() const { return ranks_; }
  static std::string host();

  // Takes the batch, whose memory is free again some time later (spare()).
  void send(int peer, std::vector<std::byte> batch);
  // Sends from where the bytes lie; calls `sent` once they are not needed any more.
  void send_large(int peer, const std::byte* data, std::size_t size, std::function<void()> sent);
  // Receives the next large payload of a peer to where it is to lie; calls `received`.
  void receive_large(int peer, std::byte* data, std::size_t size, std::function<void()> received);

  // Receives the next large payload of a peer and keeps nothing of it; calls `received`.
  void receive_in_vain(int peer, std::size_t size, std::function<void()> received = {});
  // Nothing more goes to this peer or comes from it.
  void forget(int peer);

  // Looks at what was begun. True if anything has come to its end, or a piece of it.
  bool progress();
  bool busy() const { return !transfers_.empty(); }
  // Large payloads are under way.
  bool moving() const { return large_ != 0; }
  // A number that grows when something has come from the peer.
  std::uint64_t heard(int peer) const { return heard_[static_cast<std::size_t>(peer)]; }

  // The next batch that has come, if one has: valid until the next call. With Record::kSlack bytes
  // behind it that can be read.
  bool receive(int& peer, std::span<const std::byte>& batch);

  // Memory of a batch that was sent.
  std::vector<std::byte> spare();

 private:
  struct Transfer {
    int peer = -1;
    std::vector<MPI_Request> requests;
    std::vector<std::byte> batch;
    // Of a large one. Its receiver asks for a few pieces at a time.
    std::byte* place = nullptr;
    std::size_t size = 0;
    std::size_t asked = 0;  // of `size`
    bool in_vain = false;
    std::function<void()> done;

    bool is_asked_for() const { return asked == size; }
  };

  void receive(Transfer transfer);
  void check(int code, const char* what, int peer) const;
  void ask_for_pieces(Transfer& transfer);
  bool look_at(Transfer& transfer);

  // The program leaves MPI to Muster. A copy of it could not be made where a rank does not take
  // part.
  const MPI_Comm comm_ = MPI_COMM_WORLD;
  int rank_ = 0;
  int ranks_ = 1;
  bool begun_ = false;
  std::list<Transfer> transfers_;
  std::list<Transfer> forgotten_;  // MPI may have their memory still
  std::size_t large_ = 0;          // of them
  std::vector<std::uint64_t> heard_;
  std::vector<int> ended_;    // of one look
  std::vector<int> unasked_;  // of one look: peers of which not all pieces are asked for yet
  std::vector<std::byte> incoming_;
  std::vector<std::vector<std::byte>> spare_;
};

}  // namespace muster::detail
