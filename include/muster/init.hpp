#pragma once

namespace muster {

// To be called at the top of main, before any thread: prepares StartMethod::forkserver and
// StartMethod::spawn, whose pools are refused without it. It makes a process that stays as the
// program is now, the fork server, which ends with this one. In a run of the program that is to
// become the workers of a spawned pool it does not return: whatever main does before it, such a
// run does too.
//
// Workers of StartMethod::forkserver have the working directory, the environment, the umask and the
// signal handlers that the program had here, and the resource limits that it has when the pool is
// made. Their privileges (users, groups, capabilities, seccomp) would be those of here, too: a pool
// of a program that has changed its own since is refused (InvalidStateError). Drop them first.
//
// May be called again: then it does nothing. A child that the program forks, and a task, may call
// it as well: their process gets a fork server of its own.
//
// Throws Error where there are no processes or descriptors left. Thread safety: none; it is called
// while there is one thread, and warns (set_log_handler) where there are more.
void init();

}  // namespace muster
