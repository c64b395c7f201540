#pragma once

#include <atomic>

#include "lib/common/fence.hpp"

namespace muster::detail {

// A full fence of two threads, paid for by one of them. Where one side comes by often and the
// other hardly ever, the frequent one needs a light fence only, which keeps the compiler from
// reordering, and the rare one a heavy fence, by which the kernel makes every running thread of
// the process execute a full one (membarrier(2), Linux 4.14). Source: Dice, Huang, Yang,
// "Asymmetric Dekker synchronization", 2001.

inline void light_fence() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

// True if the heavy fences below can be relied on, now and later. Asked for once, which may take
// milliseconds where the process has several threads.
bool has_heavy_fence() noexcept;

// For this process. A system call, and an interrupt for each core that runs one of its threads.
// REQUIRES: has_heavy_fence().
void heavy_fence() noexcept;

// The same between processes, all of which have asked to be included.
bool include_in_shared_heavy_fences() noexcept;
// False: the kernel refuses it, here and now.
bool shared_heavy_fence() noexcept;

// Until what other cores have executed is there for all to see, without the kernel's help. It takes
// them microseconds, this a millisecond. What they execute later it does not fence.
void await_stores() noexcept;

}  // namespace muster::detail
