// A pool in a memory cgroup: what is told of a worker that is killed for lack of memory, and what
// is not tried since it would be such a death.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/cgroup.hpp"
#include "support/failure.hpp"
#include "support/init.hpp"
#include "support/proc.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::Cgroup;
using test_support::failure_of;

constexpr std::size_t kMegabyte = 1'000'000;
const char* const kEvidence = "probably killed for lack of memory";

// What `inside` returns in a child that is in the cgroup from its first step on.
std::string text_from(const Cgroup& cgroup, const std::function<std::string()>& inside) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    test_support::Watchdog::progress();
    ::close(ends[0]);
    std::string text = "could not join the cgroup";
    try {
      if (cgroup.take_in(::getpid())) {
        test_support::init_as_told();
        text = inside();
      }
    } catch (const std::exception& error) {
      text = error.what();
    }
    const ssize_t written = ::write(ends[1], text.data(), text.size());
    ::_exit(written < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t n = 0; (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

void hog() {
  std::vector<char*> all;
  for (;;) {
    all.push_back(static_cast<char*>(std::malloc(kMegabyte)));
    std::memset(all.back(), 1, kMegabyte);
  }
}

muster::ProcessPoolOptions replacing(std::size_t workers) {
  return {.max_workers = workers, .on_worker_death = muster::OnWorkerDeath::replace};
}

#define SKIP_WITHOUT(cgroup)                                           \
  if (!(cgroup).why_not().empty()) GTEST_SKIP() << (cgroup).why_not(); \
  if (!(cgroup).limit_memory(128 * kMegabyte)) GTEST_SKIP() << "memory cannot be limited here"

// Behaviour 1c.5; of two that are killed before the first is buried.
TEST(MemoryLimit, EachWorkerKilledForLackOfMemoryIsToldToBe) {
  const Cgroup cgroup("memory");
  SKIP_WITHOUT(cgroup);
  const std::string text = text_from(cgroup, [] {
    ProcessPoolExecutor pool(replacing(2));
    const auto workers = pool.worker_pids();
    const pid_t supervisor = test_support::parent_of(workers.at(0));
    ::kill(supervisor, SIGSTOP);
    auto first = pool.submit(hog);
    auto second = pool.submit(hog);
    for (const pid_t worker : workers) test_support::wait_for_end(worker);
    ::kill(supervisor, SIGCONT);
    return std::string(failure_of<muster::WorkerDiedError>(first).what()) + "\n" +
           failure_of<muster::WorkerDiedError>(second).what();
  });
  const auto end_of_first = text.find('\n');
  ASSERT_NE(end_of_first, std::string::npos) << text;
  EXPECT_NE(text.substr(0, end_of_first).find(kEvidence), std::string::npos) << text;
  EXPECT_NE(text.substr(end_of_first).find(kEvidence), std::string::npos) << text;
  EXPECT_NE(text.find("it held "), std::string::npos) << text;
}

// Behaviour 1c.5.
TEST(MemoryLimit, AStrangersDeathIsNoEvidence) {
  const Cgroup others("memory");
  SKIP_WITHOUT(others);
  const Cgroup own("memory");
  SKIP_WITHOUT(own);
  const std::string text = text_from(own, [&] {
    ProcessPoolExecutor pool(replacing(1));
    EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);  // the supervisor watches
    const pid_t stranger = ::fork();
    if (stranger == 0) {
      if (others.take_in(::getpid())) hog();
      ::_exit(1);
    }
    int status = 0;
    ::waitpid(stranger, &status, 0);
    if (!WIFSIGNALED(status)) return std::string("the stranger was not killed");
    auto killed = pool.submit([] { ::kill(::getpid(), SIGKILL); });
    return std::string(failure_of<muster::WorkerDiedError>(killed).what());
  });
  EXPECT_NE(text.find("killed by SIGKILL while"), std::string::npos) << text;
}

// Putting pages behind an arena would bring the kernel's killer instead of an error.
TEST(MemoryLimit, AResultThatHasNoRoomFailsItsTaskAndKillsNobody) {
  const Cgroup cgroup("memory");
  SKIP_WITHOUT(cgroup);
  const std::string text = text_from(cgroup, [] {
    ProcessPoolExecutor pool(replacing(1));
    const pid_t worker = pool.worker_pids().at(0);
    auto large = pool.submit([] { return std::vector<char>(80 * kMegabyte, 'x'); });
    const std::string error = failure_of<muster::EncodingError>(large).what();
    return pool.submit([] { return ::getpid(); }).result() == worker ? "alive: " + error
                                                                     : "dead: " + error;
  });
  EXPECT_TRUE(text.starts_with("alive: ")) << text;
}

// A file without a name, in this folder: those of /tmp may lie in memory.
bool write_file(std::size_t size) {
  std::string name = "muster-test-XXXXXX";
  const int file = ::mkstemp(name.data());
  if (file < 0) return false;
  ::unlink(name.c_str());
  const std::vector<char> bytes(kMegabyte);
  std::size_t written = 0;
  while (written<size&& ::write(file, bytes.data(), bytes.size())> 0) written += bytes.size();
  const bool on_disk = ::fdatasync(file) == 0;
  // Closed at the end of the process: the pages stay until then.
  return written >= size && on_disk;
}

// As in any container that has used files: the kernel gives their pages up before it kills.
TEST(MemoryLimit, PagesOfFilesCountAsFree) {
  const Cgroup cgroup("memory");
  SKIP_WITHOUT(cgroup);
  constexpr std::size_t kSize = 4 * kMegabyte;
  const std::string text = text_from(cgroup, [&] {
    ProcessPoolExecutor early(replacing(1));
    if (!write_file(140 * kMegabyte)) return std::string("no file could be written");
    ProcessPoolExecutor late(replacing(1));
    std::string sizes;
    for (ProcessPoolExecutor* pool : {&early, &late}) {
      const auto back = [](const std::vector<char>& bytes) { return bytes; };
      sizes += std::to_string(pool->submit(back, std::vector<char>(kSize)).result().size()) + " ";
    }
    return sizes;
  });
  EXPECT_EQ(text, "4000000 4000000 ");
}

}  // namespace
