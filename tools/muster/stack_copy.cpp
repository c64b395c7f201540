#include "stack_copy.hpp"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <exception>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <fmt/format.h>

#include "cannot_trace.hpp"
#include "lib/common/file_descriptor.hpp"
#include "lib/common/page_pieces.hpp"
#include "lib/segments/geometry.hpp"
#include "mapped_stacks.hpp"

namespace muster_tool {

namespace {

using Clock = std::chrono::steady_clock;
using muster::detail::FileDescriptor;
using muster::detail::kBelowStackPointer;
using Reason = CannotTrace::Reason;

// Longer than all that the child waits for, so that only one that was stopped meets it.
constexpr std::chrono::seconds kPatience{10};
// Frames beyond are left out. It is copied while the process stands still.
constexpr std::size_t kMostOfAStack = std::size_t{1} << 20;

Registers in_order(const user_regs_struct& r) {
  return {r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8,
          r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip};
}

// What the child tells: values one after the other, and texts behind their sizes.
class Message {
 public:
  template <class T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_text(const std::string& text) {
    put(text.size());
    bytes_ += text;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class MessageReader {
 public:
  explicit MessageReader(std::string_view bytes) : left_(bytes) {}

  template <class T>
  T take() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    std::memcpy(&value, next(sizeof value).data(), sizeof value);
    return value;
  }
  std::string take_text() { return std::string(next(take<std::size_t>())); }

 private:
  // The child may have been killed at any place.
  std::string_view next(std::size_t size) {
    if (size > left_.size()) {
      throw CannotTrace("the process that was to copy the stacks has ended early; try again",
                        Reason::failed);
    }
    const std::string_view bytes = left_.substr(0, size);
    left_.remove_prefix(size);
    return bytes;
  }

  std::string_view left_;
};

MemoryCopy copy_memory(pid_t pid, std::uintptr_t begin, std::uintptr_t end) {
  MemoryCopy copy{begin, std::string(std::min(end - begin, kMostOfAStack), '\0')};
  std::array<iovec, kMostOfAStack / muster::detail::kPage + 1> pages{};
  const std::size_t count = muster::detail::cut_into_pages(begin, copy.bytes.size(), pages.data());
  iovec whole{copy.bytes.data(), copy.bytes.size()};
  const ssize_t got = ::process_vm_readv(pid, &whole, 1, pages.data(), count, 0);
  copy.bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return copy;
}

StackCopy copy_here(pid_t pid, const IsMeant& is_meant) {
  StackCopy copy;
  StoppedThreads threads(pid, is_meant);
  // What takes longer is done while it runs.
  MappedStacks stacks(pid);
  const Clock::time_point begin = Clock::now();
  threads.stop();
  for (const pid_t thread : threads.threads()) {
    ThreadCopy& one = copy.threads.emplace_back();
    one.thread = thread;
    const auto registers = threads.registers(thread);
    if (!registers) continue;
    one.registers = in_order(*registers);
    const std::uintptr_t sp = registers->rsp;
    if (const MappedStacks::Range around = stacks.around(sp); around.has(sp)) {
      const std::uintptr_t first = sp - std::min(kBelowStackPointer, sp - around.begin);
      one.stack.push_back(copy_memory(pid, first, around.end));
      one.cut = one.stack.back().bytes.size() == kMostOfAStack;
    }
    // A handler on a stack of its own was called from the thread's, whose last part may do.
    if (thread == pid && !stacks.main().has(sp)) {
      const auto [first, last] = stacks.main();
      const std::uintptr_t size = std::min<std::uintptr_t>(last - first, kMostOfAStack / 4);
      one.stack.push_back(copy_memory(pid, last - size, last));
    }
  }
  threads.let_go();
  copy.stopped_for = Clock::now() - begin;
  return copy;
}

Message to_message(const StackCopy& copy) {
  Message message;
  message.put(true);
  message.put(copy.stopped_for.nanoseconds());
  message.put(copy.threads.size());
  for (const ThreadCopy& thread : copy.threads) {
    message.put(thread.thread);
    message.put(thread.registers.has_value());
    message.put(thread.registers.value_or(Registers{}));
    message.put(thread.cut);
    message.put(thread.stack.size());
    for (const MemoryCopy& memory : thread.stack) {
      message.put(memory.begin);
      message.put_text(memory.bytes);
    }
  }
  return message;
}

Message to_message(const std::string& sentence, Reason reason) {
  Message message;
  message.put(false);
  message.put(reason);
  message.put_text(sentence);
  return message;
}

StackCopy from_message(MessageReader message) {
  if (!message.take<bool>()) {
    const auto reason = message.take<Reason>();
    throw CannotTrace(message.take_text(), reason);
  }
  StackCopy copy;
  copy.stopped_for = std::chrono::nanoseconds(message.take<std::int64_t>());
  copy.threads.resize(message.take<std::size_t>());
  for (ThreadCopy& thread : copy.threads) {
    thread.thread = message.take<pid_t>();
    const bool stopped = message.take<bool>();
    const auto registers = message.take<Registers>();
    if (stopped) thread.registers = registers;
    thread.cut = message.take<bool>();
    thread.stack.resize(message.take<std::size_t>());
    for (MemoryCopy& memory : thread.stack) {
      memory.begin = message.take<std::uintptr_t>();
      memory.bytes = message.take_text();
    }
  }
  return copy;
}

[[noreturn]] void fail(const char* what) {
  throw CannotTrace(fmt::format("{}: {}", what, std::generic_category().message(errno)),
                    Reason::failed);
}

Message told_by(pid_t pid, const IsMeant& is_meant) {
  try {
    return to_message(copy_here(pid, is_meant));
  } catch (const CannotTrace& error) {
    return to_message(error.what(), error.reason());
  } catch (const std::exception& error) {
    return to_message(error.what(), Reason::failed);
  }
}

// It writes to memory and ends: a thread that it could not stop at once, and so could not let go,
// is held until then.
[[noreturn]] void be_the_child(pid_t parent, int out, pid_t pid, const IsMeant& is_meant) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have ended before.
  if (::getppid() != parent) ::_exit(1);
  try {
    const Message message = told_by(pid, is_meant);
    std::string_view left = message.bytes();
    while (!left.empty()) {
      const ssize_t written = ::write(out, left.data(), left.size());
      if (written < 0 && errno != EINTR) break;
      left.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
  } catch (const std::exception&) {
    // There is no memory to say so. What is not written tells that it has ended early.
    ::_exit(1);
  }
  ::_exit(0);
}

// Until the child ends, or for too long.
void await_end(pid_t child) {
  const FileDescriptor end(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!end) fail("the process that copies the stacks cannot be waited for");
  const Clock::time_point until = Clock::now() + kPatience;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    pollfd ready{end.get(), POLLIN, 0};
    const int found = ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (found >= 0 || errno != EINTR) return;
  }
}

std::string read_all(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return "";
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t got = ::pread(file, bytes.data(), bytes.size(), 0);
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return bytes;
}

// Whatever comes in between, it does not outlive its use: one that was stopped while it traces
// would leave the other process stopped.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

 private:
  pid_t pid_;
};

}  // namespace

StackCopy copy_stacks(pid_t pid, const IsMeant& is_meant) {
  const FileDescriptor memory(::memfd_create("stacks", MFD_CLOEXEC));
  if (!memory) fail("there is no memory to copy stacks to");
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) fail("there is no child to trace with");
  if (child == 0) be_the_child(self, memory.get(), pid, is_meant);
  {
    const Child ends(child);
    await_end(child);
  }
  return from_message(MessageReader(read_all(memory.get())));
}

}  // namespace muster_tool
