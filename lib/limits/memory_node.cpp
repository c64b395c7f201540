#include "lib/limits/memory_node.hpp"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <vector>

namespace muster::detail {

namespace {

constexpr unsigned kBits = sizeof(unsigned long) * CHAR_BIT;
constexpr unsigned kMostNodes = 1 << 14;  // a mask of more than a page is refused

// The kernel takes one bit less than it is told.
bool set_policy(int mode, const std::vector<unsigned long>& nodes) {
  return ::syscall(SYS_set_mempolicy, mode, nodes.data(), nodes.size() * kBits + 1) == 0;
}

}  // namespace

bool bind_memory(unsigned node) {
  if (node >= kMostNodes) {
    errno = EINVAL;
    return false;
  }
  std::vector<unsigned long> nodes(node / kBits + 1);
  nodes[node / kBits] = 1UL << (node % kBits);
  return set_policy(MPOL_BIND, nodes);
}

bool can_bind_memory(unsigned node) {
  int mode = MPOL_DEFAULT;
  // The kernel refuses a mask smaller than its own.
  std::vector<unsigned long> nodes(kMostNodes / kBits);
  if (::syscall(SYS_get_mempolicy, &mode, nodes.data(), nodes.size() * kBits, nullptr, 0UL) != 0) {
    return false;
  }
  if (!bind_memory(node)) return false;
  const bool without_nodes = (mode & ~MPOL_MODE_FLAGS) == MPOL_DEFAULT;
  return set_policy(mode, without_nodes ? std::vector<unsigned long>() : nodes);
}

}  // namespace muster::detail
