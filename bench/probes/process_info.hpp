#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

namespace bench {

// What /proc says of processes of this user. All throw std::runtime_error where it says nothing.

// Proportional set size in bytes: its own pages, and of shared ones its share.
std::uint64_t pss_of(pid_t pid);

// Memory of this process that is backed by no file and shared with nobody (RssAnon), in bytes.
std::uint64_t private_memory();

pid_t parent_of(pid_t pid);

}  // namespace bench
