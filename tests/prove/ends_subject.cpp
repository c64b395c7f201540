// The client of muster-ends: makes a pool, uses it from two threads, and ends as it is told, if it
// is not killed. SEED, ROUND and the pool's NAME say which options it draws. Where the pool comes
// to its end in order, this program looks itself what is left of it.

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "lib/inspect/processes.hpp"
#include "prove/ends_words.hpp"
#include "prove/pause.hpp"
#include "prove/random.hpp"
#include "support/belongings.hpp"

extern char** environ;

namespace {

using namespace prove;
using namespace std::chrono_literals;
using muster::Future;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using Words = std::vector<std::uint64_t>;

constexpr std::size_t kThreads = 2;

std::uint64_t plus_one(std::uint64_t n) { return n + 1; }
Words reversed(Words words) {
  std::reverse(words.begin(), words.end());
  return words;
}
std::uint64_t sleeping(std::uint64_t n, std::uint32_t microseconds) {
  sleep_for(microseconds);
  return n + 1;
}
// Its child outlives it if nobody but the task ends it.
std::uint64_t with_child(std::uint64_t n, std::uint32_t microseconds) {
  std::string name = kTasksChild;
  std::string seconds = "300";
  char* arguments[] = {name.data(), seconds.data(), nullptr};
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, name.c_str(), nullptr, nullptr, arguments, environ);
  if (error != 0) throw std::system_error(error, std::generic_category(), name);
  sleep_for(microseconds);
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return n + 1;
}
std::uint64_t with_file(std::uint64_t n, std::uint32_t microseconds) {
  std::FILE* const file = std::tmpfile();
  if (file == nullptr) throw std::system_error(errno, std::generic_category(), "tmpfile");
  std::fputs("of a task", file);
  sleep_for(microseconds);
  std::fclose(file);
  return n + 1;
}

[[noreturn]] void end_with(int code, const std::string& sentence) {
  std::fprintf(stderr, "%s\n", sentence.c_str());
  std::fflush(nullptr);
  ::_exit(code);
}

void say(char word) { ::send(kTalkFd, &word, 1, MSG_NOSIGNAL); }

// The next thing that it is told. One who is gone wants it to end.
char hear() {
  char word = 0;
  ssize_t size = 0;
  do {
    size = ::recv(kTalkFd, &word, 1, 0);
  } while (size < 0 && errno == EINTR);
  return size == 1 ? word : kEndPool;
}

// A thread that gives tasks to the pool and waits for them, until the pool takes no more.
class User {
 public:
  User(ProcessPoolExecutor& pool, Random random, const std::atomic<bool>& stop)
      : pool_(pool), random_(random), stop_(stop) {}

  void run() {
    while (!stop_.load() && batch()) {
    }
  }

 private:
  struct Word {
    Future<std::uint64_t> future;
    std::uint64_t argument = 0;
  };
  struct Long {
    Future<Words> future;
    Words argument;
  };

  // False: the pool takes no more.
  bool batch() {
    std::vector<Word> words;
    std::vector<Long> longs;
    bool taken = true;
    try {
      for (std::uint32_t left = 1 + random_.below(20); left != 0; --left) submit(words, longs);
    } catch (const muster::BrokenProcessPool&) {
      taken = false;
    } catch (const muster::ShutdownError&) {
      taken = false;
    }
    for (Word& one : words) {
      const auto value = settle(one.future);
      if (value && *value != one.argument + 1) end_with(kWrong, "a task's result is another's");
    }
    for (Long& one : longs) {
      const auto value = settle(one.future);
      if (value &&
          !std::equal(value->rbegin(), value->rend(), one.argument.begin(), one.argument.end())) {
        end_with(kWrong, "a long result is not what was sent");
      }
    }
    return taken;
  }

  void submit(std::vector<Word>& words, std::vector<Long>& longs) {
    const std::uint64_t n = random_.next();
    const std::uint32_t microseconds = random_.below(3000);
    const muster::TaskOptions options{.retries = random_.percent(20) ? 1U : 0U};
    switch (random_.below(12)) {
      case 0: words.push_back({pool_.submit(options, with_child, n, microseconds), n}); break;
      case 1: words.push_back({pool_.submit(options, with_file, n, microseconds), n}); break;
      case 2: words.push_back({pool_.submit(options, sleeping, n, microseconds), n}); break;
      case 3: {
        Words argument(random_.below(20'000), n);
        auto future = pool_.submit(options, reversed, argument);
        longs.push_back({std::move(future), std::move(argument)});
        break;
      }
      default: words.push_back({pool_.submit(options, plus_one, n), n});
    }
  }

  template <class T>
  std::optional<T> settle(Future<T>& future) {
    if (random_.percent(2)) future.cancel(muster::CancelMode::kill);
    try {
      return future.result();
    } catch (const muster::WorkerDiedError&) {
    } catch (const muster::BrokenProcessPool&) {
    } catch (const muster::CancelledError&) {
    } catch (const std::exception& error) {
      end_with(kWrong, fmt::format("a future ended with: {}", error.what()));
    }
    return std::nullopt;
  }

  ProcessPoolExecutor& pool_;
  Random random_;
  const std::atomic<bool>& stop_;
};

muster::ProcessPoolOptions draw_options(Random& random, const std::string& name) {
  muster::ProcessPoolOptions options;
  options.name = name;
  options.max_workers = 1 + random.below(4);
  options.on_worker_death = random.percent(50) ? OnWorkerDeath::replace : OnWorkerDeath::break_pool;
  options.restart_intensity = {.deaths = random.percent(80) ? 0U : 2U};
  options.kill_grace = std::chrono::milliseconds(random.below(30));
  options.checksum_results = random.percent(30);
  if (random.percent(15)) options.max_tasks_per_child = 5 + random.below(100);
  return options;
}

void end_pool(ProcessPoolExecutor& pool, Random& random) {
  switch (random.below(6)) {
    case 0: return pool.shutdown();
    case 1: return pool.shutdown({.cancel_futures = true});
    case 2: return pool.kill_workers();
    case 3: return pool.terminate_workers();
    case 4: return pool.shutdown({.wait = false});
    default: return;  // its destructor
  }
}

// Children of tasks become those of this process where it is the subreaper, and nobody's but its to
// reap. They are in their workers' groups; those of Muster lead groups of their own.
void reap_children_of_tasks() {
  const auto foreign = [] {
    for (const pid_t pid : test_support::children_of(::getpid())) {
      if (::getpgid(pid) != pid) return pid;
    }
    return pid_t{0};
  };
  for (pid_t pid = foreign(); pid != 0; pid = foreign()) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

// What this process has mapped of the pool.
std::string mappings_of(const std::string& name) {
  std::ifstream maps("/proc/self/maps");
  std::string found;
  for (std::string line; std::getline(maps, line);) {
    if (line.find("/memfd:muster:" + name + ":") != std::string::npos) found += ", mapping " + line;
  }
  return found.empty() ? found : found.substr(2);
}

void look_for_leftovers(const test_support::Belongings& before, bool reaps,
                        const std::string& name) {
  if (reaps) reap_children_of_tasks();
  const std::string more = test_support::Belongings::now().more_than(before);
  const std::string mapped = mappings_of(name);
  if (more.empty() && mapped.empty()) return;
  for (const pid_t pid : test_support::children_of(::getpid())) {
    const auto info = muster::detail::read_process(pid);
    if (before.children.contains(pid) || !info) continue;
    const std::string who =
        fmt::format("child process {} \"{}\" ({})", pid, info->command, info->state);
    end_with(info->lives() ? kLeftProcess : kLeftZombie, who);
  }
  end_with(kLeftMemory, more + (more.empty() || mapped.empty() ? "" : ", ") + mapped);
}

// Ends the process where it is told to.
void end_as_told(char word) {
  if (word == kExit) std::exit(kExitCode);
  if (word == kQuickExit) ::_exit(kQuickExitCode);
  if (word == kAbort) std::abort();
}

int run(std::uint64_t seed, std::uint64_t round, const std::string& name) {
  Random random(seed, round, 1);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  for (const int fd : {kTalkFd, kLifeFd}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  const bool reaps = random.percent(30);
  if (reaps) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const muster::ProcessPoolOptions options = draw_options(random, name);
  const test_support::Belongings before = test_support::Belongings::now();

  std::unique_ptr<ProcessPoolExecutor> pool;
  say(kStarting);
  try {
    pool = std::make_unique<ProcessPoolExecutor>(options);
    say(kReady);
  } catch (const muster::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    say(kNoPool);
  }
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  if (pool != nullptr) {
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] { User(*pool, Random(seed, round, 2 + i), stop).run(); });
    }
  }
  end_as_told(hear());
  if (pool != nullptr) {
    if (random.percent(50)) stop.store(true);
    end_pool(*pool, random);
    stop.store(true);
    for (std::thread& thread : threads) thread.join();
    pool.reset();
  }
  look_for_leftovers(before, reaps, name);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s SEED ROUND NAME, as muster-ends starts it\n", argv[0]);
    return 2;
  }
  try {
    return run(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10), argv[3]);
  } catch (const std::exception& error) {
    end_with(kWrong, error.what());
  }
}
