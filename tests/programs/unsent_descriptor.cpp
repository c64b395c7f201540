// A pool whose supervisor cannot send the descriptor of the worker that is to replace another: too
// many of this user's are on their way.

#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include <muster/muster.hpp>

#include "programs/replacement.hpp"
#include "support/init.hpp"
#include "support/privileges.hpp"
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
  test_support::init_as_told();
  const test_support::SharedLog began;
  muster::ProcessPoolExecutor pool(
      {.max_workers = 1, .initializer = [began] { began.add(1); }, .max_tasks_per_child = 1});
  int pair[2];
  const rlimit few{kDescriptors, kDescriptors};
  const int status = await_failed_replacement(pool, [&](pid_t supervisor) {
    return ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && send_descriptors(pair[0]) &&
           ::prlimit(supervisor, RLIMIT_NOFILE, &few, nullptr) == 0;
  });
  if (status != 0) return status;
  std::printf("workers that were let in: %zu\n", began.values().size());
  return 0;
}
