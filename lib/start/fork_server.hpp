#pragma once

// A process that is as this program was at muster::init(): it has one thread, and no lock or file
// that came later. It forks the supervisors of pools that want to start so.
//
// client --request (start_request.hpp)--> server --fork--> supervisor, which is this one's child
//        <------- who it is, its pidfd ---------
//
// It lives as long as its client, whose end it sees by a pidfd: its socket may be held open by a
// process that the program forked. Should it die, pools that it started live on and no more can be
// started this way. It reaps what it forks by not waiting: nobody needs the exit status.

#include <sys/types.h>

#include <string>

#include "lib/common/file_descriptor.hpp"
#include "lib/start/start_request.hpp"

namespace muster::detail {

struct StartedSupervisor {
  pid_t pid = 0;
  FileDescriptor pidfd;
};

class ForkServer {
 public:
  // Makes the one of this process, unless it has one. Throws Error. In the server it does not
  // return.
  static void start();

  // Whether this process has made one; one that its parent has made is not its own.
  static bool here();

  // What the calling thread may do otherwise than the server, whose workers have the rights that
  // the program had at muster::init(); empty where that is the same. REQUIRES: here().
  static std::string changed_privileges();

  // What supervisors of it know. REQUIRES: here().
  static ModuleTable modules();

  // `supervisors_end`: of the pool's socket. Throws Error where it is gone or cannot fork.
  // REQUIRES: here(). Thread safety: any.
  static StartedSupervisor ask(const WorkerSettings& settings, const SupervisorFiles& files,
                               int supervisors_end);
};

}  // namespace muster::detail
