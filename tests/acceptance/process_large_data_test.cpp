// Deaths in the middle of large data, and data larger than what there is.

#include <sys/mman.h>
#include <sys/resource.h>

#include <csignal>
#include <cstddef>
#include <new>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using muster::BrokenProcessPool;
using muster::EncodingError;
using muster::ProcessPoolExecutor;
using test_support::End;
using test_support::failure_of;
using test_support::SharedGate;

constexpr std::size_t kMegabyte = 1'000'000;

// Megabytes whose Codec, half way through, either ends its process or lets another one end.
struct Interrupted {
  std::vector<std::byte> half;
  bool ends_worker = false;
  SharedGate end_now;
  SharedGate ending;
};

}  // namespace

template <>
struct muster::Codec<Interrupted> {
  static void encode(Encoder& out, const Interrupted& value) {
    out.write(value.half.size());
    out.write(value.half.data(), value.half.size());
    if (value.ends_worker) test_support::end_worker(End::killed);
    value.end_now.open();
    value.ending.wait();
    out.write(value.half.data(), value.half.size());
  }
  static Interrupted decode(Decoder& in) {
    Interrupted value;
    value.half.resize(in.read<std::size_t>());
    in.read(value.half.data(), value.half.size());
    in.read(value.half.data(), value.half.size());
    return value;
  }
};

namespace {

// Behaviour 106.
TEST(LargeData, WorkerThatDiesWhileItWritesALargeResult) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit([] {
    Interrupted value;
    value.half.resize(60 * kMegabyte);
    value.ends_worker = true;
    return value;
  });
  EXPECT_EQ(failure_of<BrokenProcessPool>(future).term_signal(), SIGKILL);
}

// Behaviour 106: the other way round.
TEST(LargeData, WorkerThatDiesWhileALargeArgumentIsWritten) {
  ProcessPoolExecutor pool({.max_workers = 1});
  Interrupted argument;
  argument.half.resize(60 * kMegabyte);
  auto deadly = pool.submit([end_now = argument.end_now, ending = argument.ending] {
    end_now.wait();
    ending.open();
    test_support::end_worker(End::killed);
  });
  const auto error = test_support::thrown_by([&] {
    pool.submit([](const Interrupted& value) { return value.half.size(); }, argument).result();
  });
  test_support::as<BrokenProcessPool>(error);
  failure_of<BrokenProcessPool>(deadly);
}

// Address space that reads as zeros and takes no memory.
class Zeros {
 public:
  explicit Zeros(std::size_t size)
      : size_(size),
        memory_(
            ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~Zeros() { ::munmap(memory_, size_); }
  Zeros(const Zeros&) = delete;
  Zeros& operator=(const Zeros&) = delete;

  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(memory_), size_};
  }

 private:
  std::size_t size_;
  void* memory_;
};

std::size_t size_of(std::span<const std::byte> bytes) { return bytes.size(); }

// Behaviour 141.
TEST(LargeData, ArgumentOfMoreThanTwoGigabytesTravels) {
  constexpr std::size_t kSize = (std::size_t{1} << 31) + 12345;
  const Zeros zeros(kSize);
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit(size_of, zeros.bytes()).result(), kSize);
  EXPECT_EQ(pool.submit(size_of, zeros.bytes().first(10)).result(), 10U);
}

// Behaviours 92 and 126: more than any machine has.
TEST(LargeData, ArgumentLargerThanMemoryFailsThatFuture) {
  const Zeros zeros(std::size_t{1} << 44);
  ProcessPoolExecutor pool({.max_workers = 1});
  failure_of<EncodingError>(pool.submit(size_of, zeros.bytes()));
  EXPECT_EQ(pool.submit(size_of, zeros.bytes().first(10)).result(), 10U);
}

// A result of that many bytes.
struct HugeResult {
  std::size_t size = 0;
};

// A result that has no end.
struct EndlessResult {
  int unused = 0;
};

}  // namespace

template <>
struct muster::Codec<HugeResult> {
  static void encode(Encoder& out, const HugeResult& value) {
    const Zeros zeros(value.size);
    out.write(zeros.bytes().data(), zeros.bytes().size());
  }
  static HugeResult decode(Decoder& in) { return {in.remaining()}; }
};

template <>
struct muster::Codec<EndlessResult> {
  static void encode(Encoder& out, const EndlessResult&) {
    const std::vector<std::byte> megabyte(kMegabyte);
    while (true) out.write(megabyte.data(), megabyte.size());
  }
  static EndlessResult decode(Decoder&) { return {}; }
};

namespace {

// Behaviour 101.
TEST(LargeData, ResultLargerThanMemoryFailsThatFuture) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  failure_of<EncodingError>(pool.submit([] { return HugeResult{std::size_t{1} << 44}; }));
  EXPECT_EQ(pool.submit([] { return 3; }).result(), 3);
  EXPECT_EQ(pool.worker_pids().at(0), worker);
}

// Behaviour 101: the limit on files holds for shared memory too, and is no death by SIGXFSZ.
TEST(LargeData, ResultBeyondTheWorkersFileSizeLimitFailsThatFuture) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  auto endless = pool.submit([] {
    const rlimit limit{256 * kMegabyte, 256 * kMegabyte};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return EndlessResult{};
  });
  failure_of<EncodingError>(endless);
  EXPECT_EQ(pool.submit([] { return 3; }).result(), 3);
  EXPECT_EQ(pool.worker_pids().at(0), worker);
}

// A task that runs out of memory itself says so by the standard's exception.
TEST(LargeData, TaskThatCannotAllocateThrowsBadAlloc) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit([] {
    const std::vector<std::byte> huge(std::size_t{1} << 60);
    return huge.size();
  });
  failure_of<std::bad_alloc>(future);
  EXPECT_EQ(pool.submit([] { return 3; }).result(), 3);
}

}  // namespace
