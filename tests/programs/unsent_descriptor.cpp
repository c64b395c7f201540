// A pool whose supervisor cannot send the descriptor of the worker that is to replace another: too
// many of this user's are on their way.

#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include <muster/muster.hpp>

#include "support/privileges.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"

namespace {

constexpr rlim_t kDescriptors = 64;

// One more than a process that may have so many is let send. They stay on their way as long as
// nobody receives them.
bool send_descriptors(int from) {
  const std::vector<int> all(kDescriptors + 1, 2);
  const std::size_t size = all.size() * sizeof(int);
  std::vector<char> control(CMSG_SPACE(size));
  char byte = 0;
  iovec part{&byte, 1};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* const c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(c), all.data(), size);
  return ::sendmsg(from, &header, 0) == 1;
}

}  // namespace

int main() {
  test_support::drop_privileges();
  const test_support::SharedLog began;
  muster::ProcessPoolExecutor pool(
      {.max_workers = 1, .initializer = [began] { began.add(1); }, .max_tasks_per_child = 1});
  const pid_t supervisor = test_support::parent_of(pool.worker_pids().at(0));
  const test_support::SharedGate gate;
  auto first = pool.submit([gate] {
    gate.wait();
    return 1;
  });
  auto stranded = pool.submit([] { return 2; });
  int pair[2];
  const rlimit few{kDescriptors, kDescriptors};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || !send_descriptors(pair[0]) ||
      ::prlimit(supervisor, RLIMIT_NOFILE, &few, nullptr) != 0) {
    std::perror("descriptors on their way");
    return 1;
  }
  gate.open();
  if (first.result() != 1) return 2;
  try {
    stranded.result();
    return 3;
  } catch (const muster::BrokenProcessPool& error) {
    std::printf("BrokenProcessPool: %s\n", error.what());
  }
  std::printf("workers that were let in: %zu\n", began.values().size());
  return 0;
}
