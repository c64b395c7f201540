#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace test_support {

inline pid_t current_thread_id() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

// Returns once a thread of this process sleeps in the kernel, as one that waits for a future does.
inline void wait_until_asleep(pid_t thread) {
  const std::string path = "/proc/self/task/" + std::to_string(thread) + "/stat";
  while (true) {
    std::ifstream file(path);
    std::string text;
    std::getline(file, text, '\0');
    // "tid (name) state ...", and the name may hold parentheses.
    const std::size_t name_end = text.rfind(')');
    if (name_end != std::string::npos && text.substr(name_end + 2, 1) == "S") return;
    std::this_thread::yield();
  }
}

}  // namespace test_support
