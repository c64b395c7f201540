// The supervisor asks for short turns of the processor; workers have those of the program.

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/watchdog.hpp"

namespace {

// sched_runtime of sched_getattr(2), of this thread; 0 where the kernel does not say.
std::uint64_t slice_ns() {
  std::array<std::uint64_t, 6> attributes{};
  ::syscall(SYS_sched_getattr, 0, attributes.data(), sizeof(attributes), 0);
  return attributes[3];
}

TEST(TimeSlice, OfAWorkerIsThatOfTheProgram) {
  muster::ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit(slice_ns).result(), slice_ns());
}

}  // namespace
