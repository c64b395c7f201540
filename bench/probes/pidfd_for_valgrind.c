// Loaded before a program that runs under a valgrind older than 3.21, which does not know pidfds:
// pidfd_open gives an eventfd on which a thread says that the child has ended. For children of the
// calling process only; of others the descriptor never says anything. Used by instructions.sh.

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kMost = 1024 };
static pid_t pid_of[kMost];  // by descriptor

static void* await(void* argument) {
  const int fd = (int)(intptr_t)argument;
  siginfo_t info;
  const uint64_t one = 1;
  int result;
  do {
    result = waitid(P_PID, (id_t)pid_of[fd], &info, WEXITED | WNOWAIT);
  } while (result != 0 && errno == EINTR);
  if (result == 0 && write(fd, &one, sizeof(one)) < 0) return argument;
  return 0;
}

static long open_pidfd(pid_t pid) {
  const int fd = eventfd(0, EFD_CLOEXEC);
  if (fd < 0 || fd >= kMost) return -1;
  pid_of[fd] = pid;
  pthread_t thread;
  if (pid == getpid() || pthread_create(&thread, 0, await, (void*)(intptr_t)fd) != 0) return fd;
  pthread_detach(thread);
  return fd;
}

long syscall(long number, ...) {
  long a[6];
  va_list arguments;
  va_start(arguments, number);
  for (int i = 0; i < 6; ++i) a[i] = va_arg(arguments, long);
  va_end(arguments);
  if (number == SYS_pidfd_open) return open_pidfd((pid_t)a[0]);
  long result;
  register long r10 __asm__("r10") = a[3];
  register long r8 __asm__("r8") = a[4];
  register long r9 __asm__("r9") = a[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  if (result >= 0 || result < -4095) return result;
  errno = (int)-result;
  return -1;
}

int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  if (type == P_PIDFD && id < kMost) {
    type = P_PID;
    id = (id_t)pid_of[id];
  }
  return (int)syscall(SYS_waitid, (long)type, (long)id, (long)info, (long)options, 0L, 0L);
}
