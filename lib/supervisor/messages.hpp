#pragma once

// What client and supervisor say to each other: records of one size over a SOCK_SEQPACKET pair.
// A peer that is gone is an ordinary answer, and one that the kernel has had no memory to hear for
// two seconds is gone.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

enum class MessageKind : std::uint32_t {
  // Supervisor to client.
  loading,         // one that opens modules: text = the next, number = layout_hash()
  answer,          // a spawned one's first (lib/start/spawn.hpp); a file comes along
  worker_started,  // worker, incarnation, pid, number = its arena's floor; its pidfd comes along
  ready,           // the first workers are made
  start_failed,    // they could not be: text = what failed
  death,           // number = that of the death record
  broken,          // number = that of the death record that broke the pool, or 0; text; code
  ended,           // all workers have ended in order
  // Client to supervisor.
  kill_task,    // some slots say killing: a hint to look for them
  dying,        // worker is about to end, it seems: its successor can be made
  stop_workers  // code = the signal: the pool ends by it
};

// Why a pool broke (MessageKind::broken).
enum class BreakCause : std::uint32_t {
  worker_died,
  initializer_failed,  // text = what it threw
  cannot_replace,      // text = why
  cannot_watch,        // text = why
  too_many_deaths,     // text = the count
  stopped,             // by stop_workers
  limits_failed        // text = which, and why
};

struct Message {
  MessageKind kind = MessageKind::ready;
  std::uint32_t worker = 0;
  std::uint64_t incarnation = 0;
  std::uint64_t number = 0;
  pid_t pid = 0;
  std::int32_t code = 0;
  BreakCause cause = BreakCause::worker_died;
  char text[1024] = {};
  char remain[256] = {};  // of MessageKind::broken: who does not end, as does_not_end() says it

  // Cut off where there is no room.
  void set_text(const char* from);
  void set_remain(const char* from);
};

// "; worker 3 (pid 4711) does not end of SIGKILL and was given up": to end a sentence with.
std::string does_not_end(std::uint32_t worker, pid_t pid);

enum class ReceiveResult { message, none, closed };

enum class SendMode {
  wait,     // for room, as long as the peer lives
  at_once,  // or not at all
};

// False: the peer is gone, `fd_along` (where not -1) could not be sent, or there is no room. With
// SendMode::wait `peer` is the other process's pidfd: its end of the socket may live on in one that
// was forked at the wrong moment.
bool send_message(int socket, const Message& message, SendMode mode, int fd_along = -1,
                  int peer = -1);

// Does not wait for a message. `fd_along` is set where one came, and this process has a descriptor
// left for it.
ReceiveResult receive_message(int socket, Message& message, FileDescriptor& fd_along);

}  // namespace muster::detail
