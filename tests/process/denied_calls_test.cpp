// WorkerLimits::deny_network and deny_processes.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/limits/landlock.hpp"
#include "support/limited_pool.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::error_of;
using test_support::limited;
using test_support::or_throw;

#ifdef MUSTER_HAS_SECCOMP

constexpr auto kDenied = std::errc::permission_denied;
constexpr auto kNotPermitted = std::errc::operation_not_permitted;

void make_socket(int family, int type) {
  ::close(static_cast<int>(or_throw(::socket(family, type, 0))));
}

int exit_code_of_child() {
  const auto pid = static_cast<pid_t>(or_throw(::fork()));
  if (pid == 0) ::_exit(7);
  int status = 0;
  or_throw(::waitpid(pid, &status, 0));
  return WEXITSTATUS(status);
}

// A socket that was open before.
struct Listener {
  Listener() : fd(static_cast<int>(or_throw(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)))) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    or_throw(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)));
    or_throw(::listen(fd, 1));
    socklen_t size = sizeof(address);
    or_throw(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size));
  }
  ~Listener() { ::close(fd); }

  sockaddr_in address{};
  int fd;
};

TEST(DenyNetwork, LeavesATaskNoSockets) {
  ProcessPoolExecutor pool(limited({.deny_network = true}));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(error_of(pool.submit(make_socket, AF_INET, SOCK_STREAM)), kDenied);
    EXPECT_EQ(error_of(pool.submit(make_socket, AF_INET6, SOCK_DGRAM)), kDenied);
    EXPECT_EQ(error_of(pool.submit(make_socket, AF_UNIX, SOCK_STREAM)), kDenied);
    test_support::replace_worker(pool);
  }
  EXPECT_NO_THROW(make_socket(AF_UNIX, SOCK_STREAM));
}

TEST(DenyNetwork, LeavesATaskNoUseOfThoseThatItInherits) {
  const Listener listener;
  const int unbound = static_cast<int>(or_throw(::socket(AF_INET, SOCK_DGRAM, 0)));
  ProcessPoolExecutor pool(limited({.deny_network = true}));
  EXPECT_EQ(
      error_of(pool.submit([](int fd) { or_throw(::accept(fd, nullptr, nullptr)); }, listener.fd)),
      kDenied);
  const auto connect = [](int fd, const sockaddr_in& to) {
    or_throw(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)));
  };
  EXPECT_EQ(error_of(pool.submit(connect, unbound, listener.address)), kDenied);
  const auto send = [](int fd, const sockaddr_in& to) {
    or_throw(::sendto(fd, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof(to)));
  };
  EXPECT_EQ(error_of(pool.submit(send, unbound, listener.address)), kDenied);
  ::close(unbound);
}

TEST(DenyNetwork, AllowsLocalPairsAndProcesses) {
  ProcessPoolExecutor pool(limited({.deny_network = true}));
  const auto pair = [] {
    int fds[2];
    or_throw(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    or_throw(::send(fds[0], "x", 1, 0));
    char got = 0;
    or_throw(::recv(fds[1], &got, 1, 0));
    return got;
  };
  EXPECT_EQ(pool.submit(pair).result(), 'x');
  EXPECT_EQ(pool.submit(exit_code_of_child).result(), 7);
}

TEST(DenyNetwork, DeniesWhatWouldHaveOthersDoIt) {
  ProcessPoolExecutor pool(limited({.deny_network = true}));
  EXPECT_EQ(error_of(pool.submit([] {
              char parameters[120] = {};
              or_throw(::syscall(SYS_io_uring_setup, 1, parameters));
            })),
            std::errc::function_not_supported);
  EXPECT_EQ(error_of(pool.submit([] { or_throw(::syscall(SYS_pidfd_getfd, -1, 0, 0)); })),
            kNotPermitted);
}

TEST(DenyProcesses, LetsATaskMakeNone) {
  ProcessPoolExecutor pool(limited({.deny_processes = true}));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(error_of(pool.submit(exit_code_of_child)), kNotPermitted);
    // As where the shell cannot be run.
    EXPECT_EQ(pool.submit([] { return WEXITSTATUS(::system("true")); }).result(), 127);
    EXPECT_EQ(error_of(pool.submit([] {
                const char* const arguments[] = {"true", nullptr};
                or_throw(::execv("/bin/true", const_cast<char* const*>(arguments)));
              })),
              kNotPermitted);
    EXPECT_EQ(pool.submit([] {
                    pid_t pid = 0;
                    const char* const arguments[] = {"true", nullptr};
                    return ::posix_spawn(&pid, "/bin/true", nullptr, nullptr,
                                         const_cast<char* const*>(arguments), nullptr);
                  })
                  .result(),
              EPERM);
    test_support::replace_worker(pool);
  }
  EXPECT_EQ(exit_code_of_child(), 7);
}

TEST(DenyProcesses, LetsATaskMakeThreadsAndSockets) {
  ProcessPoolExecutor pool(limited({.deny_processes = true}));
  const auto sum = [] {
    std::vector<std::future<int>> parts;
    for (int i = 0; i < 8; ++i) parts.push_back(std::async(std::launch::async, [i] { return i; }));
    int all = 0;
    for (auto& part : parts) all += part.get();
    return all;
  };
  EXPECT_EQ(pool.submit(sum).result(), 28);
  pool.submit(make_socket, AF_INET, SOCK_STREAM).result();
}

TEST(DenyProcesses, HoldsInATasksThreads) {
  ProcessPoolExecutor pool(limited({.deny_processes = true}));
  EXPECT_EQ(error_of(pool.submit([] { std::async(std::launch::async, exit_code_of_child).get(); })),
            kNotPermitted);
}

TEST(DenyProcesses, LetsATaskMakeThreadPoolsAndNoProcessPools) {
  ProcessPoolExecutor pool(limited({.deny_processes = true}));
  EXPECT_EQ(pool.submit([] {
                  muster::ThreadPoolExecutor threads({.max_workers = 2});
                  return threads.submit([] { return 5; }).result();
                })
                .result(),
            5);
  const auto error = test_support::failure_of<muster::Error>(
      pool.submit([] { muster::ProcessPoolExecutor inner({.max_workers = 1}); }));
  EXPECT_NE(std::string(error.what()).find("Operation not permitted"), std::string::npos)
      << error.what();
}

// All that a pool does for its tasks goes on under all of them.
class AllTogether : public testing::Test {
 protected:
  static muster::WorkerLimits all() {
    std::optional<muster::FileRules> files;
    if (muster::detail::landlock_version() >= muster::detail::kLeastLandlock) {
      files = {.read = {"/usr"}, .write = {"/dev/null"}};
    }
    return {.memory_bytes = std::size_t{1} << 30,
            .cpu_seconds = 60,
            .open_files = 256,
            .resident_bytes = std::size_t{1} << 29,
            .nice = 5,
            .environment = {{"OMP_NUM_THREADS", "1"}},
            .no_new_privileges = true,
            .files = std::move(files),
            .deny_network = true,
            .deny_processes = true};
  }
};

TEST_F(AllTogether, TasksResultsAndArraysTravel) {
  ProcessPoolExecutor pool(limited(all(), 2));
  std::vector<int> inputs(10'000, 2);
  int sum = 0;
  for (const int each : pool.map([](int n) { return n * n; }, inputs)) sum += each;
  EXPECT_EQ(sum, 40'000);
  EXPECT_EQ(pool.submit([] { return std::string(20'000'000, 'x'); }).result().size(), 20'000'000U);
  muster::SharedArray<int> array(1000);
  const auto back = pool.submit(
      [](muster::SharedArray<int> given) {
        given[0] = 1;
        muster::SharedArray<int> made(10);
        made[9] = 9;
        return made;
      },
      array);
  EXPECT_EQ(back.result()[9], 9);
  EXPECT_EQ(array[0], 1);
}

TEST_F(AllTogether, DeathsTimeoutsAndKillsAreToldAsEver) {
  ProcessPoolExecutor pool(limited(all(), 2));
  const auto crash =
      test_support::failure_of<muster::WorkerDiedError>(pool.submit([] { std::raise(SIGSEGV); }));
  EXPECT_EQ(crash.term_signal(), SIGSEGV);
  EXPECT_FALSE(crash.backtrace().empty());
  test_support::failure_of<muster::TaskTimeoutError>(
      pool.submit({.task_timeout = std::chrono::milliseconds(50)}, [] { ::pause(); }));
  EXPECT_EQ(pool.submit([] { return 3; }).result(), 3);
}

TEST_F(AllTogether, AWorkersStackCanBeRead) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "limited-stack", .limits = all()});
  const auto copied = pool.submit([] {
    // As the handler that answers "muster stack" does it.
    int here = 42;
    int there = 0;
    iovec from{&here, sizeof(here)};
    iovec to{&there, sizeof(there)};
    or_throw(::syscall(SYS_process_vm_readv, ::getpid(), &to, 1, &from, 1, 0));
    std::raise(SIGURG);
    return there;
  });
  EXPECT_EQ(copied.result(), 42);
}

#else

TEST(DenyNetwork, IsRefusedWhereTheBuildCannotDoIt) {
  const std::string network = test_support::refusal({.deny_network = true});
  EXPECT_NE(network.find("install libseccomp-dev"), std::string::npos) << network;
  const std::string processes = test_support::refusal({.deny_processes = true});
  EXPECT_NE(processes.find("install libseccomp-dev"), std::string::npos) << processes;
}

#endif

}  // namespace
