#include "lib/common/fork_guard.hpp"

#include <pthread.h>

namespace muster::detail {

constinit std::atomic<std::uint32_t> fork_generation_word{0};

namespace {

// Filled by static objects' constructors, before the program can fork, and read by fork() alone.
// Constant-initialised, so that the order of those constructors does not matter.
constinit ForkHandler* first_handler = nullptr;
constinit ForkSafeMutex* first_mutex = nullptr;
constinit bool registered = false;
constinit std::atomic<std::uint32_t> forks{0};
constinit thread_local bool own_fork = false;

}  // namespace

class ForkGuard {
 public:
  static void add(ForkHandler& handler) noexcept {
    handler.next_ = first_handler;
    first_handler = &handler;
    register_once();
  }
  static void add(ForkSafeMutex& mutex) noexcept {
    mutex.next_ = first_mutex;
    first_mutex = &mutex;
    register_once();
  }

 private:
  static void register_once() noexcept {
    if (registered) return;
    registered = true;
    // Fails only without memory, at program start; then a child may find a lock taken.
    ::pthread_atfork(&lock_all, &unlock_all, &in_child);
  }
  static void lock_all() {
    for (ForkSafeMutex* m = first_mutex; m != nullptr; m = m->next_) m->lock();
  }
  static void unlock_all() {
    // Relaxed: whoever looks holds one of the mutexes, or is this thread.
    if (!own_fork) forks.fetch_add(1, std::memory_order_relaxed);
    for (ForkSafeMutex* m = first_mutex; m != nullptr; m = m->next_) m->unlock();
  }
  static void in_child() {
    // Relaxed: the child has one thread.
    fork_generation_word.fetch_add(1, std::memory_order_relaxed);
    for (ForkSafeMutex* m = first_mutex; m != nullptr; m = m->next_) m->reset_after_fork();
    for (ForkHandler* h = first_handler; h != nullptr; h = h->next_) h->in_child_();
  }
};

ForkHandler::ForkHandler(Function in_child) noexcept : in_child_(in_child) {
  ForkGuard::add(*this);
}

std::uint32_t forks_of_the_program() noexcept { return forks.load(std::memory_order_relaxed); }

OwnFork::OwnFork() noexcept { own_fork = true; }
OwnFork::~OwnFork() { own_fork = false; }

ForkSafeMutex::ForkSafeMutex() noexcept { ForkGuard::add(*this); }

}  // namespace muster::detail
