#include "prove/describe_threads.hpp"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace prove {

namespace {

namespace fs = std::filesystem;

// "?": it cannot be read; the thread may have ended meanwhile.
std::string line_of(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  return std::getline(in, line) ? line : "?";
}

// What is mapped at an address, and how far into the file that is.
std::string place_of(std::uint64_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;
    int name_at = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %*s %lx %*s %*s %n", &begin, &end, &offset, &name_at) <
            3 ||
        address < begin || address >= end) {
      continue;
    }
    const std::string name = line.substr(static_cast<std::size_t>(name_at));
    if (name.empty()) return "memory of its own";
    return fmt::format("{} + {:#x}", name, address - begin + offset);
  }
  return "nothing that is mapped";
}

// By a system call: an address that is mapped no more is an error then, and no fault.
std::string words_at(std::uint64_t address) {
  std::array<std::uint32_t, 4> words{};
  iovec local{words.data(), sizeof(words)};
  iovec there{reinterpret_cast<void*>(address), sizeof(words)};  // NOLINT: what the kernel says
  if (::process_vm_readv(::getpid(), &local, 1, &there, 1, 0) != sizeof(words)) return "unreadable";
  return fmt::format("{:#x} {} {} {}", words[0], words[1], words[2], words[3]);
}

// Of "number argument argument ...": what the call is.
std::string describe_call(const std::string& text) {
  std::istringstream words(text);
  long number = -1;
  std::array<std::string, 6> arguments;
  if (!(words >> number)) return text;  // "running", or "?"
  for (std::string& argument : arguments) words >> argument;
  if (number != SYS_futex) return fmt::format("system call {} ({})", number, arguments[0]);
  std::uint64_t address = 0;
  std::istringstream(arguments[0]) >> std::hex >> address;
  return fmt::format("futex {} in {}, operation {}, expected {}; it holds {}", arguments[0],
                     place_of(address), arguments[1], arguments[2], words_at(address));
}

}  // namespace

std::string describe_threads() {
  std::string text;
  std::error_code error;
  for (const auto& thread : fs::directory_iterator("/proc/self/task", error)) {
    text += fmt::format("thread {} ({}): {}: {}\n", thread.path().filename().string(),
                        line_of(thread.path() / "comm"), line_of(thread.path() / "wchan"),
                        describe_call(line_of(thread.path() / "syscall")));
  }
  if (error) text += fmt::format("the threads cannot be listed: {}\n", error.message());
  return text;
}

}  // namespace prove
