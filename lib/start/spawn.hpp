#pragma once

// A supervisor that is a fresh run of this program, or of another one that hosts tasks.
//
// client --exec, with one socket--> program, main, muster::init(): reads the request from the
// socket,
//                                   gives its modules the client's numbers, answers, and becomes
//                                   the supervisor
//
// Of the client's descriptors it has the standard ones and that socket. Which descriptor that is
// stands in its environment, and is taken out of it before anything else runs.
//
// Should it end before it has answered (a program whose main does not get to muster::init()), the
// client sees the socket closed. Should the client end before that, the kernel kills it: it asks
// for that before main, and the client's thread that has started it waits for the answer. From then
// on it sees the client's end by a pidfd, as each supervisor.

#include <sys/types.h>

#include "lib/start/start_request.hpp"
#include "lib/start/task_modules.hpp"

namespace muster::detail {

// What is run.
struct SpawnedProgram {
  std::string file;
  std::vector<std::string> arguments;  // from the name of the program on
  std::string what;                    // for messages: "this program again"
};
SpawnedProgram this_program();
// muster-worker with these modules. Throws Error where it is not found.
SpawnedProgram worker_with(const std::vector<std::string>& modules);

// Throws Error. `socket`: the other end of the pool's, which becomes the supervisor's; the request
// is to be sent over ours.
pid_t spawn_program(const SpawnedProgram& program, const std::string& pool, int socket);

// What a spawned supervisor answers before anything else.
struct SpawnAnswer {
  std::string refusal;                                         // "": it goes on
  std::vector<std::pair<std::uint64_t, std::string>> missing;  // ModuleTable::Missing
  std::vector<std::uint64_t> bases;                            // as CodePlaces takes them
  std::vector<OfferedTask> tasks;                              // of a host
};
void send_answer(int socket, const SpawnAnswer& answer);
SpawnAnswer read_answer(const FileDescriptor& file);

// In a process that spawn_program() has started; the descriptor of its socket. Where this is no
// such process, or it has called this before: -1.
int take_spawned_socket();

// True from the beginning of a process that spawn_program() has started until serve_spawned().
bool spawned_and_not_serving();

// `answer`: what of it is known already.
[[noreturn]] void serve_spawned(int socket, ProgramKind kind, SpawnAnswer answer = {});

}  // namespace muster::detail
