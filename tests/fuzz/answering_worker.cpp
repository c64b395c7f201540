#include "fuzz/answering_worker.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <new>

#include "fuzz/require.hpp"
#include "lib/common/futex.hpp"

namespace fuzz {

using muster::detail::StackRecord;

namespace {

// What the child's handler goes by.
StackRecord* the_record = nullptr;
std::atomic<std::uint32_t>* the_raise = nullptr;

void answer(int) {
  the_record->version.fetch_add(the_raise->load());
  muster::detail::futex_wake_all(the_record->version, muster::detail::FutexScope::shared);
}

}  // namespace

AnsweringWorker::AnsweringWorker(StackRecord& record) : record_(record), pid_(-1) {
  void* const shared = ::mmap(nullptr, sizeof(*the_raise), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  require(shared != MAP_FAILED, "there is a page of memory");
  the_raise = new (shared) std::atomic<std::uint32_t>(0);
  the_record = &record_;
  // The handler is there before the child is, so that no question finds it without.
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = answer;
  ::sigaction(SIGURG, &action, &before);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // It may have ended before that.
    while (::getppid() == parent) ::pause();
    ::_exit(0);
  }
  ::sigaction(SIGURG, &before, nullptr);
  require(pid_ > 0, "there is a process");
}

void AnsweringWorker::raises_by(std::uint8_t raise) { the_raise->store(raise); }

}  // namespace fuzz
