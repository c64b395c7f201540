#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace bench {

// What /proc says of processes of this user. All throw std::runtime_error where it says nothing.

// Proportional set size in bytes: its own pages, and of shared ones its share.
std::uint64_t pss_of(pid_t pid);

// Memory of this process that is backed by no file and shared with nobody (RssAnon), in bytes.
std::uint64_t private_memory();

// What the system can give to programs without taking it from others, in bytes.
std::uint64_t available_memory();

pid_t parent_of(pid_t pid);

// Children of the process, those that have ended and wait for it among them.
std::vector<pid_t> children_of(pid_t pid);

// All children of the process, theirs, and so on.
std::vector<pid_t> descendants_of(pid_t pid);

// The most memory that this process had resident since it began or since forget_peak_memory().
std::uint64_t peak_memory();
bool forget_peak_memory();  // false where the system cannot
// What of it is resident now.
std::uint64_t resident_memory();

}  // namespace bench
