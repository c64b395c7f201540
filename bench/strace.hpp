#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// How often each system call was made, by its name.
using CallCounts = std::map<std::string, std::uint64_t>;

std::uint64_t total(const CallCounts& counts);

// Why system calls cannot be counted on this machine; "" where they can.
std::string why_no_strace();

// The command that runs another one under `strace -c -f`, with the counts of all its processes in
// the file `table`.
std::vector<std::string> strace_counting(const std::filesystem::path& table);
// Throws MeasurementError if it is not what strace writes.
CallCounts read_counts(const std::filesystem::path& table);

// The command that writes a log for each thread, `folder`/log.TID, each call with its time.
std::vector<std::string> strace_logging(const std::filesystem::path& folder);

// Between two of these of the same process lies what is to be counted of a log: system calls that
// do nothing but stand in it.
void mark_begin();
void mark_end();

// The calls of each thread (by its id) that began between the two marks.
std::map<pid_t, CallCounts> read_logs(const std::filesystem::path& folder);

}  // namespace bench
