#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace muster_tool::http {

// A connection's bytes, with limits: what is read has a time until which it must have come and a
// size, and each piece that is written a time in which it must have gone.
//
// Thread safety: one thread at a time.
class SocketBytes {
 public:
  struct Limits {
    std::chrono::steady_clock::duration to_read;
    std::chrono::steady_clock::duration to_write;
    std::size_t bytes;  // read in all
  };

  // Does not own it.
  SocketBytes(int socket, Limits limits);

  // How many of at most `size` bytes came; 0 at the end, -1 where a limit was reached.
  ssize_t read(char* to, std::size_t size);
  // All of them: `size`, or -1 where they could not be sent in time.
  ssize_t write(const char* from, std::size_t size);
  // Tells the other end that this was all, and takes what it still sends, for a moment: closing at
  // once could take the answer from it.
  void finish();

 private:
  bool fill();

  const int socket_;
  const Limits limits_;
  const std::chrono::steady_clock::time_point read_until_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t left_;
};

}  // namespace muster_tool::http
