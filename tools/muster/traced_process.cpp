#include "traced_process.hpp"

#include <elfutils/libdwfl.h>
#include <errno.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include <fmt/format.h>

#include "lib/inspect/processes.hpp"
#include "mapped_modules.hpp"
#include "stack_copy.hpp"

namespace muster_tool {

namespace {

constexpr std::size_t kMostFrames = 256;

// libdw's unwinder asks these for what it would else read from the process. Their last argument is
// a StackCopy, or the ThreadCopy that is looked into.

pid_t next_thread(Dwfl*, void* of, void** thread) {
  auto& threads = static_cast<StackCopy*>(of)->threads;
  auto* const last = static_cast<ThreadCopy*>(*thread);
  ThreadCopy* const next = last == nullptr ? threads.data() : last + 1;
  if (next == threads.data() + threads.size()) return 0;
  *thread = next;
  return next->thread;
}

bool get_thread(Dwfl*, pid_t id, void* of, void** thread) {
  auto& threads = static_cast<StackCopy*>(of)->threads;
  const auto found = std::ranges::find(threads, id, &ThreadCopy::thread);
  if (found == threads.end()) return false;
  *thread = &*found;
  return true;
}

bool read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* word, void* of) {
  for (const ThreadCopy& thread : static_cast<StackCopy*>(of)->threads) {
    for (const MemoryCopy& memory : thread.stack) {
      if (address < memory.begin || memory.bytes.size() < sizeof *word ||
          address - memory.begin > memory.bytes.size() - sizeof *word) {
        continue;
      }
      std::memcpy(word, memory.bytes.data() + (address - memory.begin), sizeof *word);
      return true;
    }
  }
  return false;
}

// In the order of DWARF.
bool set_registers(Dwfl_Thread* thread, void* of) {
  const auto& copied = static_cast<ThreadCopy*>(of)->registers;
  if (!copied) return false;
  const user_regs_struct& r = *copied;
#if defined(__x86_64__)
  const std::array<Dwarf_Word, 17> registers{r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi,
                                             r.rbp, r.rsp, r.r8,  r.r9,  r.r10, r.r11,
                                             r.r12, r.r13, r.r14, r.r15, r.rip};
#else
  std::array<Dwarf_Word, 32> registers{};
  std::copy(std::begin(r.regs), std::end(r.regs), registers.begin());
  registers[31] = r.sp;
  ::dwfl_thread_state_register_pc(thread, r.pc);
#endif
  return ::dwfl_thread_state_registers(thread, 0, registers.size(), registers.data());
}

constexpr Dwfl_Thread_Callbacks kCopied{.next_thread = next_thread,
                                        .get_thread = get_thread,
                                        .memory_read = read_memory,
                                        .set_initial_registers = set_registers,
                                        .detach = nullptr,
                                        .thread_detach = nullptr};

int add_frame(Dwfl_Frame* frame, void* into) {
  auto& frames = *static_cast<std::vector<std::uintptr_t>*>(into);
  Dwarf_Addr address = 0;
  bool exact = false;
  // 0: beyond the outermost.
  if (!::dwfl_frame_pc(frame, &address, &exact) || address == 0) return DWARF_CB_ABORT;
  // Else it is where a call returns to.
  frames.push_back(exact ? address : address - 1);
  return frames.size() < kMostFrames ? DWARF_CB_OK : DWARF_CB_ABORT;
}

}  // namespace

TracedStacks trace_stacks(pid_t pid, const IsMeant& is_meant) {
  // Files are opened before: the process may end at any time.
  const DwflSession session = session_of_process(pid);
  if (!session) refuse_to_trace(pid, muster::detail::read_process(pid) ? EPERM : ESRCH);
  StackCopy copy = copy_stacks(pid, is_meant);
  if (!::dwfl_attach_state(session.get(), nullptr, pid, &kCopied, &copy)) {
    throw CannotTrace(
        fmt::format("the stacks of process {} cannot be read: {}", pid, ::dwfl_errmsg(-1)),
        CannotTrace::Reason::failed);
  }
  TracedStacks result{.threads = {}, .stopped_for = copy.stopped_for};
  for (const ThreadCopy& thread : copy.threads) {
    ThreadStack& stack = result.threads.emplace_back();
    stack.thread = thread.thread;
    if (!thread.registers) continue;
    // How it ends is of no use: the frames until then are.
    ::dwfl_getthread_frames(session.get(), thread.thread, add_frame, &stack.frames);
  }
  return result;
}

}  // namespace muster_tool
