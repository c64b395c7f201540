#pragma once

// Gates, counters and logs that tests share with the worker processes of a pool.
//
// They live in one arena of shared memory that is mapped before main(), so every process forked
// later has it; one that is spawned maps the same, whose descriptor's path stands in the
// environment. What a test holds is a handle: the number of a cell, not an address. A handle is
// trivially copyable, so it can be captured by a task's lambda, be an argument or a result of a
// task, and means the same in the test, in its threads and in workers:
//
//   SharedGate gate;
//   auto future = pool.submit([gate] { gate.wait(); });
//   gate.open();
//
// Cells are never handed back: an arena serves one run of a test executable. Every wait is a
// futex wait without a limit; the watchdog (tests/support/watchdog.hpp) ends a test that hangs.

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace test_support {

// One cache line of the arena.
struct alignas(64) SharedCell {
  std::atomic<std::uint32_t> word{0};     // what futexes wait on
  std::atomic<std::uint32_t> waiters{0};  // saves the wake where nobody waits
  std::atomic<std::uint64_t> value{0};
};
static_assert(sizeof(SharedCell) == 64);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// The cells themselves. The number of the next free one is shared as well, so a task may make
// gates and counters too.
class SharedArena {
 public:
  static constexpr std::uint32_t kCells = 1U << 20;  // 64 MiB, touched lazily

  static SharedArena& instance() {
    static SharedArena arena;
    return arena;
  }

  // The first of `count` cells in a row.
  std::uint32_t allocate(std::uint32_t count = 1) {
    const std::uint32_t first = cells_[0].word.fetch_add(count) + 1;
    if (first + count > kCells) {
      std::fputs("tests: the arena of shared cells is used up\n", stderr);
      std::abort();
    }
    return first;
  }

  SharedCell& cell(std::uint32_t index) { return cells_[index]; }

 private:
  static constexpr const char* kVariable = "MUSTER_TEST_ARENA";

  SharedArena() {
    // Of the process that spawned this one, or of a test that runs this program: then it may be
    // gone.
    int memory = -1;
    if (const char* const path = std::getenv(kVariable)) memory = ::open(path, O_RDWR | O_CLOEXEC);
    if (memory < 0) {
      memory = ::memfd_create("test-arena", MFD_CLOEXEC);
      if (memory < 0 || ::ftruncate(memory, kCells * sizeof(SharedCell)) != 0) fail();
    }
    void* const place = ::mmap(nullptr, kCells * sizeof(SharedCell), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_NORESERVE, memory, 0);
    if (place == MAP_FAILED) fail();
    const std::string path =
        "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(memory);
    ::setenv(kVariable, path.c_str(), 1);
    // Zeroed pages are cells in their first state.
    cells_ = static_cast<SharedCell*>(place);
  }

  [[noreturn]] static void fail() {
    std::perror("tests: cannot map the arena of shared cells");
    std::abort();
  }

  SharedCell* cells_ = nullptr;
};

// Mapped before main, so before any fork.
inline const bool kSharedArenaMapped = (SharedArena::instance(), true);

inline void futex_wait_shared(std::atomic<std::uint32_t>& word, std::uint32_t seen) {
  ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAIT, seen, nullptr, nullptr,
            0);
}

inline void futex_wake_all_shared(std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE, INT_MAX, nullptr,
            nullptr, 0);
}

// Waits until done() holds; whoever changes what it reads must bump the cell's word afterwards.
template <class Predicate>
void wait_on(SharedCell& cell, Predicate done) {
  while (true) {
    const std::uint32_t seen = cell.word.load();
    if (done()) return;
    cell.waiters.fetch_add(1);
    futex_wait_shared(cell.word, seen);
    cell.waiters.fetch_sub(1);
  }
}

inline void bump(SharedCell& cell) {
  cell.word.fetch_add(1);
  if (cell.waiters.load() != 0) futex_wake_all_shared(cell.word);
}

// Closed until somebody opens it; then open for good. Also serves as a flag.
class SharedGate {
 public:
  SharedGate() : cell_(SharedArena::instance().allocate()) {}

  void open() const {
    cell().value.store(1);
    bump(cell());
  }
  void wait() const {
    wait_on(cell(), [this] { return is_open(); });
  }
  bool is_open() const { return cell().value.load() != 0; }

 private:
  SharedCell& cell() const { return SharedArena::instance().cell(cell_); }
  std::uint32_t cell_;
};

// Counts up (or down) from 0; anybody may wait for it to reach a number.
class SharedCounter {
 public:
  SharedCounter() : cell_(SharedArena::instance().allocate()) {}

  // The value after the addition.
  std::int64_t add(std::int64_t n = 1) const {
    const std::uint64_t before = cell().value.fetch_add(static_cast<std::uint64_t>(n));
    bump(cell());
    return static_cast<std::int64_t>(before) + n;
  }
  std::int64_t value() const { return static_cast<std::int64_t>(cell().value.load()); }
  void wait_at_least(std::int64_t n) const {
    wait_on(cell(), [this, n] { return value() >= n; });
  }
  void wait_at_most(std::int64_t n) const {
    wait_on(cell(), [this, n] { return value() <= n; });
  }

 private:
  SharedCell& cell() const { return SharedArena::instance().cell(cell_); }
  std::uint32_t cell_;
};

// A list of numbers, in the order in which they were added: pids, indices, what ran when. What is
// added beyond its capacity aborts.
class SharedLog {
 public:
  explicit SharedLog(std::uint32_t capacity = 1024)
      : cell_(SharedArena::instance().allocate(capacity + 1)), capacity_(capacity) {}

  void add(std::int64_t number) const {
    const std::uint64_t place = head().value.fetch_add(1);
    if (place >= capacity_) {
      std::fputs("tests: a SharedLog is full\n", stderr);
      std::abort();
    }
    SharedCell& cell = entry(static_cast<std::uint32_t>(place));
    cell.value.store(static_cast<std::uint64_t>(number));
    cell.word.store(1);
    bump(head());
  }

  // What was added so far, up to the first entry that is being written.
  std::vector<std::int64_t> values() const {
    std::vector<std::int64_t> result;
    for (std::uint32_t i = 0; i < capacity_ && entry(i).word.load() == 1; ++i) {
      result.push_back(static_cast<std::int64_t>(entry(i).value.load()));
    }
    return result;
  }
  std::size_t size() const { return values().size(); }
  // The different numbers, in rising order.
  std::vector<std::int64_t> distinct() const {
    std::vector<std::int64_t> result = values();
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }
  void wait_for_size(std::size_t n) const {
    wait_on(head(), [this, n] { return size() >= n; });
  }

 private:
  SharedCell& head() const { return SharedArena::instance().cell(cell_); }
  SharedCell& entry(std::uint32_t i) const { return SharedArena::instance().cell(cell_ + 1 + i); }
  std::uint32_t cell_;
  std::uint32_t capacity_;
};

// Opens a gate at the end of a scope, so that an assertion that fails early does not leave tasks
// waiting. Declare it after the pool: then the gate opens before the pool's destructor waits.
class OpensAtExit {
 public:
  explicit OpensAtExit(SharedGate gate) : gate_(gate) {}
  ~OpensAtExit() { gate_.open(); }
  OpensAtExit(const OpensAtExit&) = delete;
  OpensAtExit& operator=(const OpensAtExit&) = delete;

 private:
  SharedGate gate_;
};

}  // namespace test_support
