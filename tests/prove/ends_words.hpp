#pragma once

// What muster-ends and the client that it starts say to each other.

namespace prove {

// Descriptors of the client.
inline constexpr int kTalkFd = 3;
// Nobody writes to it: its other end is closed when the client and all that it has forked are gone.
// What a task runs as another program does not have it.
inline constexpr int kLifeFd = 4;

// From the client, a byte each.
inline constexpr char kStarting = 's';  // the pool is made next
inline constexpr char kReady = 'r';     // its workers are there
inline constexpr char kNoPool = 'n';    // it could not be made

// To the client.
inline constexpr char kEndPool = 'p';  // end the pool, look what is left, exit
inline constexpr char kExit = 'x';     // the others end the process in its midst
inline constexpr char kQuickExit = 'q';
inline constexpr char kAbort = 'a';

// How the client ends.
inline constexpr int kWrong = 3;       // an answer that may not be
inline constexpr int kLeftMemory = 4;  // more of it, or of descriptors, than before the pool
inline constexpr int kLeftProcess = 5;
inline constexpr int kLeftZombie = 6;
inline constexpr int kExitCode = 40;  // by kExit
inline constexpr int kQuickExitCode = 41;

// The program that tasks start, by the name that the kernel has for it.
inline constexpr const char* kTasksChild = "sleep";

}  // namespace prove
