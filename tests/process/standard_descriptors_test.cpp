// Programs that have closed some of their standard descriptors, as daemons do. The kernel gives the
// numbers out again; what is printed is not to end up in a pool's memory or sockets.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/watchdog.hpp"

namespace {

void print_to_all() {
  const std::string noise(4096, '#');
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    (void)!::write(fd, noise.data(), noise.size());
}

bool all_goes_well() {
  muster::ProcessPoolExecutor pool(
      {.max_workers = 2, .on_worker_death = muster::OnWorkerDeath::replace});
  const muster::SharedArray<int> array(1000);
  print_to_all();
  const auto task = [](const muster::SharedArray<int>& shared, int n) {
    print_to_all();
    shared[static_cast<std::size_t>(n)] = n;
    return std::vector<int>(10'000, n);
  };
  std::vector<muster::Future<std::vector<int>>> futures;
  for (int n = 0; n < 50; ++n) futures.push_back(pool.submit(task, array, n));
  print_to_all();
  for (int n = 0; n < 50; ++n) {
    if (futures[static_cast<std::size_t>(n)].result() != std::vector<int>(10'000, n)) return false;
    if (array[static_cast<std::size_t>(n)] != n) return false;
  }
  return pool.stats().deaths == 0;
}

TEST(StandardDescriptors, MayBeClosed) {
  for (unsigned closed = 0; closed < 8; ++closed) {
    const pid_t child = ::fork();
    if (child == 0) {
      // What is printed is not this test's to show.
      const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
      ::dup2(null, STDOUT_FILENO);
      ::dup2(null, STDERR_FILENO);
      ::close(null);
      for (int fd = 0; fd < 3; ++fd) {
        if ((closed >> fd & 1) != 0) ::close(fd);
      }
      try {
        ::_exit(all_goes_well() ? 0 : 1);
      } catch (const std::exception&) {
        ::_exit(3);
      }
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << "with descriptors " << closed << " closed";
  }
}

}  // namespace
