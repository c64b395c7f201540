// A worker says where it is, and goes on unharmed.

#include "lib/inspect/stack_reader.hpp"

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/inspect.hpp>
#include <muster/muster.hpp>

#include "lib/inspect/pool_finder.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "tools/made_memory.hpp"
#include "tools/muster/unwinder.hpp"

namespace {

using namespace std::chrono_literals;
using muster::ProcessPoolExecutor;
using muster::detail::LoadedPool;
using muster::detail::NoAnswer;
using muster::detail::read_stack;
using test_support::OpensAtExit;
using test_support::SharedCounter;
using test_support::SharedGate;
using Reason = NoAnswer::Reason;

LoadedPool loaded(const std::string& name) {
  for (const auto& found : muster::detail::find_pools().pools) {
    if (found.name != name) continue;
    auto load = muster::detail::load_pool(found);
    if (load.pool && load.pool->constants().client_pid == ::getpid()) return std::move(*load.pool);
  }
  throw std::runtime_error("no pool " + name);
}

// 0: there is none.
pid_t pid_of(const LoadedPool& pool, std::size_t worker) {
  if (worker >= pool.constants().geometry.workers) return 0;
  const auto& facts = pool.views().facts.worker(static_cast<std::uint32_t>(worker));
  return static_cast<pid_t>(facts.pid.load());
}

std::optional<Reason> refusal(const LoadedPool& pool, std::size_t worker,
                              muster::Duration patience = 100ms) {
  try {
    (void)read_stack(pool, worker, pid_of(pool, worker), patience);
    return std::nullopt;
  } catch (const NoAnswer& error) {
    EXPECT_NE(std::string(error.what()), "");
    return error.reason();
  }
}

// Where the worker's main thread is, innermost first.
class Asking {
 public:
  Asking(const LoadedPool& pool, pid_t worker) : pool_(pool), unwinder_(worker) {}

  std::vector<std::uintptr_t> frames(std::size_t worker = 0) {
    const muster::detail::WorkerStack stack = read_stack(pool_, worker, pid_of(pool_, worker), 30s);
    muster_tool::ThreadCopy thread;
    thread.registers = stack.registers;
    thread.stack.push_back({stack.begin, stack.bytes});
    return unwinder_.frames(thread).addresses;
  }

 private:
  const LoadedPool& pool_;
  muster_tool::Unwinder unwinder_;
};

bool passes(const std::vector<std::uintptr_t>& frames, const void* function) {
  const auto begin = reinterpret_cast<std::uintptr_t>(function);
  return std::any_of(frames.begin(), frames.end(),
                     [&](std::uintptr_t frame) { return frame >= begin && frame < begin + 4096; });
}

// Tasks that go on until the gate opens; each is asked many times while it does, and is found in
// its own function each time.

__attribute__((noinline)) int innermost(SharedGate gate) {
  unsigned n = 1;
  while (!gate.is_open()) {
    for (int i = 0; i < 1000; ++i) n = n * 1664525 + 1013904223;
  }
  return n == 0 ? 1 : 0;
}
__attribute__((noinline)) int middle(SharedGate gate) { return innermost(gate) + 1; }
__attribute__((noinline)) int outermost(SharedGate started, SharedGate gate) {
  started.open();
  return middle(gate) + 1;
}

__attribute__((noinline)) int allocate(SharedGate started, SharedGate gate) {
  started.open();
  std::size_t bytes = 0;
  std::vector<std::string> kept(64);
  for (std::size_t i = 0; !gate.is_open(); ++i) {
    kept[i % kept.size()] = std::string(1 + i % 5000, 'x');
    bytes += kept[i % kept.size()].size();
  }
  return bytes == 0 ? 1 : 2;
}

__attribute__((noinline)) void throw_deep(int depth) {
  const std::string cleaned_up = std::to_string(depth);
  if (depth == 0) throw std::runtime_error(cleaned_up);
  throw_deep(depth - 1);
}

__attribute__((noinline)) int throw_and_catch(SharedGate started, SharedGate gate) {
  started.open();
  int caught = 0;
  while (!gate.is_open()) {
    try {
      throw_deep(5);
    } catch (const std::runtime_error& error) {
      caught |= error.what() == std::string("0") ? 2 : 1;
    }
  }
  return caught;
}

extern "C" void __register_frame(void*);

// Unwind information that is registered at run time, as compilers within a program do it: the
// unwinder then takes a lock for each frame. It is of no code that is ever run: a CIE and one FDE
// of the simplest kind, then the end.
std::vector<std::uint8_t> unwind_information(const void* code) {
  std::vector<std::uint8_t> bytes;
  const auto put32 = [&](std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  const auto put64 = [&](std::uint64_t value) {
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  put32(12);  // length of the CIE
  put32(0);   // it is one
  for (const int byte : {1, 0, 1, 0x78, 16, 0x0c, 7, 8})
    bytes.push_back(static_cast<std::uint8_t>(byte));
  put32(20);  // length of the FDE
  put32(20);  // back to the CIE
  put64(reinterpret_cast<std::uintptr_t>(code));
  put64(1);
  put32(0);  // the end
  return bytes;
}

__attribute__((noinline)) int throw_with_registered_frames(SharedGate started, SharedGate gate) {
  static std::vector<std::uint8_t> information;
  void* const page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  information = unwind_information(page);
  __register_frame(information.data());
  return throw_and_catch(started, gate);
}

__attribute__((noinline)) int wait_in_mutex(SharedGate started, SharedGate gate) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  ::pthread_mutex_lock(&mutex);
  std::thread unlocks([&] {
    gate.wait();
    ::pthread_mutex_unlock(&mutex);
  });
  started.open();
  const int locked = ::pthread_mutex_lock(&mutex);
  unlocks.join();
  return locked == 0 ? 2 : 1;
}

__attribute__((noinline)) int wait_in_read(SharedGate started, SharedGate gate) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return 1;
  std::thread writes([&] {
    gate.wait();
    if (::write(ends[1], "x", 1) != 1) std::abort();
  });
  started.open();
  char byte = 0;
  const ssize_t count = ::read(ends[0], &byte, 1);
  writes.join();
  ::close(ends[0]);
  ::close(ends[1]);
  return count == 1 && byte == 'x' ? 2 : 1;
}

__attribute__((noinline)) int wait_in_sleeps(SharedGate started, SharedGate gate) {
  started.open();
  const auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(50ms);
  const bool slept = std::chrono::steady_clock::now() - begin >= 50ms;
  errno = 4711;
  while (!gate.is_open()) {
    for (int i = 0; i < 1000; ++i) asm volatile("");
    if (errno != 4711) return 1;
  }
  return slept ? 2 : 1;
}

__attribute__((noinline)) int in_other_threads_too(SharedGate started, SharedGate gate) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([=] { throw_and_catch(started, gate); });
  const int caught = throw_and_catch(started, gate);
  for (std::thread& thread : threads) thread.join();
  return caught;
}

// It once threw, and waits where what the unwinder has left on the stack lies above it.
__attribute__((noinline)) int wait_above_what_is_left(SharedGate gate) {
  volatile char untouched[1500];
  asm volatile("" : : "r"(untouched) : "memory");
  timespec a_while{0, 1'000'000};
  while (!gate.is_open()) ::nanosleep(&a_while, nullptr);
  return 2;
}
__attribute__((noinline)) int wait_after_a_throw(SharedGate started, SharedGate gate) {
  try {
    throw_deep(0);
  } catch (const std::runtime_error&) {
    started.open();
  }
  return wait_above_what_is_left(gate);
}

// Pages between which there is nothing.
std::byte* fenced(std::size_t bytes) {
  auto* const memory = static_cast<std::byte*>(
      ::mmap(nullptr, 3 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ::mprotect(memory + bytes, bytes, PROT_READ | PROT_WRITE);
  return memory + bytes;
}

// Of the task's own, with as little room as a handler needs at least.
int with_a_short_stack_for_signals(SharedGate started, SharedGate gate) {
  const auto size = static_cast<std::size_t>(::sysconf(_SC_MINSIGSTKSZ)) + 512;
  const std::size_t room = (size + 4095) / 4096 * 4096;
  stack_t stack{};
  stack.ss_sp = fenced(room);
  stack.ss_size = size;
  if (::sigaltstack(&stack, nullptr) != 0) return 1;
  return outermost(started, gate);
}

__attribute__((noinline)) int on_a_stack_of_four_pages(SharedGate started, SharedGate gate) {
  constexpr std::size_t kPages = 4 * 4096;
  std::byte* const top = fenced(kPages) + kPages;
  started.open();
  int result = 0;
  using Function = int (*)(SharedGate);
  const Function function = innermost;
  // rbx keeps the stack's address over the call.
  asm volatile(
      "movq %%rsp, %%rbx\n\t"
      "movq %[top], %%rsp\n\t"
      "call *%[function]\n\t"
      "movq %%rbx, %%rsp\n\t"
      : "=a"(result)
      : [top] "r"(top), [function] "r"(function), "D"(gate)
      : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
  return result + 2;
}

int on_a_short_stack(SharedGate started, SharedGate gate) {
  // The task's own stack for signals is none.
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  if (::sigaltstack(&none, nullptr) != 0) return 1;
  return on_a_stack_of_four_pages(started, gate);
}

// A fault at the stack's end could not be caught.
int on_a_short_stack_with_faults_blocked(SharedGate started, SharedGate gate) {
  sigset_t faults;
  ::sigemptyset(&faults);
  ::sigaddset(&faults, SIGSEGV);
  ::sigaddset(&faults, SIGBUS);
  ::sigprocmask(SIG_BLOCK, &faults, nullptr);
  return on_a_stack_of_four_pages(started, gate);
}

using Task = int (*)(SharedGate, SharedGate);

struct Kind {
  const char* name;
  Task task;
  const void* found_in;  // a function
  int times = 100;
  int may_be_missed = 0;
};

// Where an exception is thrown time and again, any instruction of the unwinder is met; at some, as
// it leaves functions, the stack is no function's.
constexpr int kThrows = 1000;
constexpr int kMayBeMissed = kThrows / 10;

class GoesOn : public testing::TestWithParam<Kind> {};

TEST_P(GoesOn, UnharmedHoweverOftenItIsAsked) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "asked"});
  const OpensAtExit open(gate);
  auto task = pool.submit(GetParam().task, started, gate);
  started.wait();
  const LoadedPool outside = loaded("asked");
  Asking worker(outside, pool.worker_pids().at(0));
  int missed = 0;
  for (int i = 0; i < GetParam().times; ++i) {
    if (!passes(worker.frames(), GetParam().found_in)) ++missed;
    test_support::Watchdog::progress();
  }
  EXPECT_LE(missed, GetParam().may_be_missed);
  gate.open();
  EXPECT_EQ(task.result(), 2);
  EXPECT_EQ(pool.stats().deaths, 0U);
}

template <class Function>
Kind kind(const char* name, Task task, Function* found_in) {
  return {name, task, reinterpret_cast<const void*>(found_in)};
}
Kind throwing(const char* name, Task task) {
  return {name, task, reinterpret_cast<const void*>(throw_and_catch), kThrows, kMayBeMissed};
}

INSTANTIATE_TEST_SUITE_P(
    Worker, GoesOn,
    testing::Values(kind("Computing", outermost, outermost), kind("Allocating", allocate, allocate),
                    throwing("Throwing", throw_and_catch),
                    throwing("ThrowingWithRegisteredFrames", throw_with_registered_frames),
                    kind("AfterAThrow", wait_after_a_throw, wait_above_what_is_left),
                    kind("InAMutex", wait_in_mutex, wait_in_mutex),
                    kind("InRead", wait_in_read, wait_in_read),
                    kind("InSleeps", wait_in_sleeps, wait_in_sleeps),
                    kind("WithThreads", in_other_threads_too, in_other_threads_too),
                    kind("WithAShortStackForSignals", with_a_short_stack_for_signals, innermost),
                    kind("OnAShortStack", on_a_short_stack, innermost),
                    kind("OnAShortStackWithFaultsBlocked", on_a_short_stack_with_faults_blocked,
                         innermost)),
    [](const testing::TestParamInfo<Kind>& kind) { return std::string(kind.param.name); });

TEST(Stack, LeadsFromTheInnermostFunctionToTheOutermost) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 2, .name = "nested"});
  const OpensAtExit open(gate);
  auto task = pool.submit(outermost, started, gate);
  started.wait();
  const LoadedPool outside = loaded("nested");
  // One of the two runs it.
  int found = 0;
  for (std::size_t worker = 0; worker < 2; ++worker) {
    const auto frames = Asking(outside, pool.worker_pids().at(worker)).frames(worker);
    if (!passes(frames, reinterpret_cast<const void*>(innermost))) continue;
    ++found;
    EXPECT_GT(frames.size(), 5U);
    EXPECT_TRUE(passes(frames, reinterpret_cast<const void*>(outermost)));
  }
  EXPECT_EQ(found, 1);
}

TEST(Stack, IsToldOfAnIdleWorker) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "idle"});
  pool.submit([] {}).result();
  const LoadedPool outside = loaded("idle");
  Asking worker(outside, pool.worker_pids().at(0));
  for (int i = 0; i < 100; ++i) EXPECT_GT(worker.frames().size(), 2U);
  EXPECT_EQ(pool.submit([] { return 7; }).result(), 7);
  EXPECT_EQ(pool.stats().rescued_wakeups, 0U);
}

// At one depth after the other.
__attribute__((noinline)) std::size_t deeper(std::size_t depth) {
  volatile std::size_t at = depth;
  if (depth != 0) at = at + deeper(depth - 1);
  return at;
}
void go_up_and_down(SharedGate started, SharedGate gate) {
  started.open();
  for (std::size_t depth = 0; !gate.is_open(); ++depth) deeper(depth % 50);
}

// What one is told is of one moment, however many answers are on their way.
TEST(Stack, IsToldToSeveralWhoAskAtOnce) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "crowd"});
  const OpensAtExit open(gate);
  auto task = pool.submit(go_up_and_down, started, gate);
  started.wait();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      const LoadedPool outside = loaded("crowd");
      for (int k = 0; k < 500; ++k) {
        const auto stack = read_stack(outside, 0, pid_of(outside, 0), 30s);
        EXPECT_FALSE(stack.bytes.empty());
        EXPECT_EQ(stack.begin, stack.registers[muster::detail::kStackPointer] - 128);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  gate.open();
  task.result();
}

TEST(Stack, OfAWorkerThatWasReplacedIsNotItsSuccessors) {
  ProcessPoolExecutor pool(
      {.max_workers = 1, .name = "replaced", .on_worker_death = muster::OnWorkerDeath::replace});
  const pid_t first = pool.submit([] { return ::getpid(); }).result();
  pool.submit([] { ::_exit(1); }).exception();
  ASSERT_NE(pool.submit([] { return ::getpid(); }).result(), first);
  try {
    (void)read_stack(loaded("replaced"), 0, first, 30s);
    ADD_FAILURE() << "somebody answered";
  } catch (const NoAnswer& error) {
    EXPECT_EQ(error.reason(), Reason::dead);
    EXPECT_EQ(std::string(error.what()), "worker 0 (pid " + std::to_string(first) + ") has ended");
  }
}

TEST(Stack, OfAWorkerThatThereIsNot) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "two"});
  EXPECT_EQ(refusal(loaded("two"), 2), Reason::no_worker);
  EXPECT_EQ(refusal(loaded("two"), std::size_t{1} << 40), Reason::no_worker);
}

TEST(Stack, OfAStoppedWorkerIsNotToldUntilItGoesOn) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "stopped"});
  pool.submit([] {}).result();
  const LoadedPool outside = loaded("stopped");
  const pid_t worker = pool.worker_pids().at(0);
  ::kill(worker, SIGSTOP);
  while (!refusal(outside, 0, 1ms)) {
  }
  EXPECT_EQ(refusal(outside, 0), Reason::stopped);
  ::kill(worker, SIGCONT);
  EXPECT_EQ(pool.submit([] { return 7; }).result(), 7);
  EXPECT_EQ(refusal(outside, 0, 30s), std::nullopt);
}

TEST(Stack, OfATaskThatBlocksTheSignalIsNotTold) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "blocks"});
  const OpensAtExit open(gate);
  auto task = pool.submit([started, gate] {
    sigset_t urgent;
    ::sigemptyset(&urgent);
    ::sigaddset(&urgent, SIGURG);
    ::sigprocmask(SIG_BLOCK, &urgent, nullptr);
    started.open();
    gate.wait();
  });
  started.wait();
  EXPECT_EQ(refusal(loaded("blocks"), 0), Reason::deaf);
}

TEST(Stack, OfATaskThatTakesTheSignalIsNotTold) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "takes"});
  const OpensAtExit open(gate);
  auto task = pool.submit([started, gate] {
    ::signal(SIGURG, [](int) {});
    started.open();
    gate.wait();
  });
  started.wait();
  EXPECT_EQ(refusal(loaded("takes"), 0), Reason::silent);
}

TEST(Stack, OfAProgramThatATaskHasBecomeIsNotTold) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "became"});
  const pid_t worker = pool.worker_pids().at(0);
  auto task = pool.submit([] { ::execl("/bin/sleep", "sleep", "1000", nullptr); });
  const auto is_sleep = [&] {
    std::ifstream comm("/proc/" + std::to_string(worker) + "/comm");
    return std::string(std::istreambuf_iterator<char>(comm), {}) == "sleep\n";
  };
  while (!is_sleep()) std::this_thread::yield();
  const LoadedPool outside = loaded("became");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(refusal(outside, 0), Reason::deaf);
  EXPECT_EQ(::kill(worker, 0), 0);
  EXPECT_TRUE(is_sleep());
  ::kill(worker, SIGKILL);
  EXPECT_NE(task.exception(), nullptr);
}

TEST(Stack, OfADeadWorkerIsNotTold) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "ended"});
  pool.submit([] {}).result();
  const LoadedPool outside = loaded("ended");
  pool.submit([] { ::raise(SIGKILL); }).exception();
  EXPECT_EQ(refusal(outside, 0), Reason::dead);
}

TEST(Stack, OfWorkersThatDieWhileTheyAreAskedIsOneOrNone) {
  ProcessPoolExecutor pool({.max_workers = 1,
                            .name = "dying",
                            .on_worker_death = muster::OnWorkerDeath::replace,
                            .restart_intensity = {.deaths = 1000, .within = 1s}});
  const LoadedPool outside = loaded("dying");
  for (int i = 0; i < 100; ++i) {
    auto task = pool.submit([i] {
      for (int n = 0; n < i * 2000; ++n) asm volatile("");
      ::raise(SIGKILL);
    });
    while (!task.done()) {
      const auto reason = refusal(outside, 0, 30s);
      EXPECT_TRUE(!reason || *reason == Reason::dead);
    }
    test_support::Watchdog::progress();
  }
  EXPECT_EQ(pool.submit([] { return 7; }).result(), 7);
  EXPECT_EQ(refusal(outside, 0, 30s), std::nullopt);
}

// Memory can name any process, and the descriptors can be put into many.
TEST(Stack, OfAProcessWithoutThePoolsMemoryIsNotAskedFor) {
  // Both are none of a pool: one that catches the signal, and its parent.
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGURG, [](int) { ::_exit(1); });
      const pid_t self = ::getpid();
      if (::write(ends[1], &self, sizeof self) != sizeof self) ::_exit(2);
      for (;;) ::pause();
    }
    int end = 0;
    ::waitpid(child, &end, 0);
    ::_exit(WIFSIGNALED(end) && WTERMSIG(end) == SIGTERM ? 0 : 1);
  }
  pid_t stranger = 0;
  ASSERT_EQ(::read(ends[0], &stranger, sizeof stranger), ssize_t{sizeof stranger});
  const auto geometry = test_support::small_geometry();
  std::vector<std::byte> facts(geometry.facts_bytes());
  std::vector<std::byte> results(geometry.results_bytes());
  const muster::detail::FactsView view(facts.data(), geometry);
  view.facts().supervisor_pid.store(static_cast<std::uint32_t>(parent));
  view.worker(0).pid.store(static_cast<std::uint32_t>(stranger));
  const muster::detail::ResultsView windows(results.data(), geometry);
  windows.window(0).record().pid.store(static_cast<std::uint32_t>(stranger));
  windows.window(0).record().phase.store(muster::detail::WorkerPhase::ready);
  const auto header = test_support::header_bytes(geometry);
  const auto make = [&](const char* segment, std::span<const std::byte> bytes, std::size_t size) {
    return test_support::make_memory(std::string("muster:made:") + segment, bytes, size);
  };
  const auto tasks = make("tasks", header, geometry.tasks_bytes());
  const auto control = make("control", {}, geometry.control_bytes());
  const auto its_results = make("results", results, geometry.results_bytes());
  const auto its_facts = make("facts", facts, geometry.facts_bytes());
  EXPECT_EQ(refusal(loaded("made"), 0), Reason::permission);
  ::kill(stranger, SIGTERM);
  int end = 0;
  ::waitpid(parent, &end, 0);
  EXPECT_EQ(end, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Stack, LeavesNoMarkInAProcessThatATaskHasForked) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "forks"});
  const int status = pool.submit([] {
                           const pid_t child = ::fork();
                           if (child == 0) {
                             ::raise(SIGURG);
                             ::_exit(7);
                           }
                           int end = 0;
                           ::waitpid(child, &end, 0);
                           return end;
                         })
                         .result();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

}  // namespace
