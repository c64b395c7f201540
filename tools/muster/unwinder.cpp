#include "unwinder.hpp"

#include <elfutils/libdwfl.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>

#include "mapped_modules.hpp"

namespace muster_tool {

namespace {

using muster::detail::kProgramCounter;
using muster::detail::kStackRegisters;

constexpr std::size_t kMostFrames = 256;
// What lies so far behind a copy may be of the same stack: the usual limit of one.
constexpr std::uintptr_t kReach = std::uintptr_t{8} << 20;

// libdw's unwinder asks these for what it would else read from the process. Their last argument is
// what is looked into.

struct LookedInto {
  const ThreadCopy* thread = nullptr;
  // Of what was asked for and is not in the copy, the first.
  std::optional<std::uintptr_t> missing;
};
LookedInto& looked_into(void* of) { return *static_cast<LookedInto*>(of); }

// There is none but the one that is named.
pid_t next_thread(Dwfl*, void*, void**) { return 0; }

bool get_thread(Dwfl*, pid_t, void* of, void** thread) {
  *thread = of;
  return true;
}

bool read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* word, void* of) {
  for (const MemoryCopy& memory : looked_into(of).thread->stack) {
    if (address < memory.begin || memory.bytes.size() < sizeof *word ||
        address - memory.begin > memory.bytes.size() - sizeof *word) {
      continue;
    }
    std::memcpy(word, memory.bytes.data() + (address - memory.begin), sizeof *word);
    return true;
  }
  if (!looked_into(of).missing) looked_into(of).missing = address;
  return false;
}

bool set_registers(Dwfl_Thread* thread, void* of) {
  static_assert(sizeof(Dwarf_Word) == sizeof(std::uint64_t));
  std::array<Dwarf_Word, kStackRegisters> registers{};
  std::ranges::copy(*looked_into(of).thread->registers, registers.begin());
  return ::dwfl_thread_state_registers(thread, 0, registers.size(), registers.data());
}

constexpr Dwfl_Thread_Callbacks kCopied{.next_thread = next_thread,
                                        .get_thread = get_thread,
                                        .memory_read = read_memory,
                                        .set_initial_registers = set_registers,
                                        .detach = nullptr,
                                        .thread_detach = nullptr};

bool is_cut_off(const ThreadCopy& thread, std::uintptr_t missing) {
  if (!thread.cut || thread.stack.empty()) return false;
  const MemoryCopy& innermost = thread.stack.front();
  // A word may lie across the end.
  const std::uintptr_t last = innermost.begin + innermost.bytes.size() - sizeof(Dwarf_Word);
  return missing > last && missing - last < kReach;
}

int add_frame(Dwfl_Frame* frame, void* into) {
  auto& frames = *static_cast<Frames*>(into);
  Dwarf_Addr address = 0;
  bool exact = false;
  if (!::dwfl_frame_pc(frame, &address, &exact)) return -1;
  // Beyond the outermost.
  if (address == 0) return DWARF_CB_ABORT;
  if (frames.addresses.size() == kMostFrames) {
    frames.end = Frames::End::many;
    return DWARF_CB_ABORT;
  }
  // Else it is where a call returns to.
  frames.addresses.push_back(exact ? address : address - 1);
  return DWARF_CB_OK;
}

}  // namespace

struct Unwinder::Session {
  explicit Session(pid_t process) : pid(process), dwfl(session_of_process(process)) {
    if (dwfl && !::dwfl_attach_state(dwfl.get(), nullptr, pid, &kCopied, &now)) dwfl.reset();
  }

  pid_t pid;
  LookedInto now;
  DwflSession dwfl;
};

Unwinder::Unwinder(pid_t pid) : session_(std::make_unique<Session>(pid)) {}
Unwinder::~Unwinder() = default;
Unwinder::Unwinder(Unwinder&&) noexcept = default;
Unwinder& Unwinder::operator=(Unwinder&&) noexcept = default;

bool Unwinder::knows_files() const { return session_->dwfl != nullptr; }

Frames Unwinder::frames(const ThreadCopy& thread) {
  Frames frames;
  if (knows_files()) {
    session_->now = {&thread, std::nullopt};
    const int result =
        ::dwfl_getthread_frames(session_->dwfl.get(), session_->pid, add_frame, &frames);
    if (frames.end == Frames::End::many) return frames;
    // Memory that is not there looks to libdw as if there were no caller.
    if (const auto missing = session_->now.missing) {
      frames.end = is_cut_off(thread, *missing) ? Frames::End::cut : Frames::End::lost;
    } else if (result >= 0) {
      frames.end = Frames::End::outermost;
    }
  }
  if (frames.addresses.empty())
    frames = {{(*thread.registers)[kProgramCounter]}, Frames::End::lost};
  return frames;
}

}  // namespace muster_tool
