#pragma once

// Arrays (muster::SharedArray) seen from outside: which processes hold one, how much memory is
// behind it, and what is in it, by /proc. Without a word of Muster's.

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prove {

struct ArrayHolder {
  pid_t pid = 0;
  std::string link;         // in /proc: its descriptor, or its mapping
  std::uint64_t bytes = 0;  // of pages; 0: punched out
};

// By inode, which no other array has for as long as anybody holds it.
using ArraysHeld = std::map<std::uint64_t, std::vector<ArrayHolder>>;

// Those that these processes have open or mapped.
ArraysHeld arrays_of(const std::vector<pid_t>& pids);

// The inode of the memory that is mapped there in this process; 0: of no file.
std::uint64_t inode_at(const void* address);

// The first `words` of one, read through the descriptor or mapping of who holds it. None: it is
// gone by now.
std::optional<std::vector<std::uint64_t>> words_of(const ArrayHolder& holder, std::uint64_t inode,
                                                   std::uint64_t words);

// What a pool of this process has of memory, segment by segment, as a sentence's end.
std::string describe_segments(const std::string& pool_name);

// Descriptors on their way through this process's sockets that it has not taken in yet.
std::uint64_t descriptors_in_sockets();

}  // namespace prove
