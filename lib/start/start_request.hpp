#pragma once

// How a client asks another process than its own child to become the supervisor of a pool: one
// record on a socket, with descriptors along: of a memfd that holds the settings, and of all that
// the pool's processes share.
//
// Should the reader die with the record unread or half heeded, its descriptors are closed by the
// kernel, and the client sees the end of the pool's socket.

#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/common/file_descriptor.hpp"
#include "lib/start/module_match.hpp"
#include "worker/worker_setup.hpp"

namespace muster::detail {

// What the supervisor is to take over, as the client holds it.
struct SupervisorFiles {
  int tasks = -1;
  int control = -1;
  int results = -1;
  int facts = -1;
  int doorbell = -1;
  int blocks = -1;
  int client = -1;  // the client's pidfd
};

// For a fork server, which has no sockets of the pool yet.
struct SocketsAlong {
  int supervisor = -1;  // the supervisor's end of the pool's
  int reply = -1;       // where it is to be said who that is
};

// Of each of the kernel's resources, in the order of its numbers.
using ResourceLimits = std::array<rlimit, RLIM_NLIMITS>;

struct StartRequest {
  WorkerSetup setup;                // but for the modules
  std::vector<ModuleMark> modules;  // the client's; none where `module_count` says it all
  std::uint64_t module_count = 0;
  ResourceLimits limits{};  // the client's
  FileDescriptor client;
  FileDescriptor socket;  // where sockets came along
  FileDescriptor reply;
};

// False: the reader has closed its end. Throws Error where it cannot be sent otherwise: errno's
// reason is in it, and who was asked.
bool send_start_request(int to, const std::string& whom, const WorkerSettings& settings,
                        const std::vector<ModuleMark>& modules, std::uint64_t module_count,
                        const SupervisorFiles& files,
                        std::optional<SocketsAlong> sockets = std::nullopt);

// Waits for one. None: the client's end is closed. Throws Error for what is no request of a Muster
// with the same layout of shared memory.
std::optional<StartRequest> receive_start_request(int from);

// A message of any size: its bytes travel in a memfd. Throw Error.
FileDescriptor file_with(const std::byte* bytes, std::size_t size);
std::vector<std::byte> bytes_in(const FileDescriptor& file);

}  // namespace muster::detail
