#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace bench {

// What the tasks do, the same for all peers that can run it.

// The empty task.
inline constexpr auto kPlusOne = [](int n) { return n + 1; };

// The sum of kPlusOne of 0, 1, ... tasks - 1.
constexpr std::uint64_t sum_of_results(std::uint64_t tasks) { return tasks * (tasks + 1) / 2; }

// About 50 ns of arithmetic in which each step waits for the one before. Not inlined, so that no
// peer has it joined into a loop that another cannot have.
[[gnu::noinline]] int short_work(int n);

// Computes until its thread has used so much processor time, so that it is the same work whoever
// else runs, and says when it ended, in nanoseconds of the steady clock.
std::int64_t burn(int microseconds);

// Adds up in eight parts, so that memory and not the adder is what it waits for.
double sum_of(std::span<const double> values);

// 0, 1, 2, ..., which is told.
std::vector<double> make_doubles(std::uint64_t count);
double sum_of_doubles(std::uint64_t count);

// So that it is known when a task had its result, in whichever process, and what came after that is
// known, too.
using Instant = std::chrono::steady_clock::time_point;
// Before the processes are made in which something is told.
void prepare_to_tell();
// Now there is what was to be made. Without effect where nothing was prepared.
void tell_made() noexcept;
// When that was told last.
Instant last_made();

}  // namespace bench
