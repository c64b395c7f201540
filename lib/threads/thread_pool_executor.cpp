#include <exception>
#include <utility>

#include <muster/error.hpp>
#include <muster/thread_pool.hpp>

#include "lib/threads/thread_pool.hpp"

namespace muster {

ThreadPoolExecutor::ThreadPoolExecutor() : ThreadPoolExecutor(ThreadPoolOptions{}) {}

ThreadPoolExecutor::ThreadPoolExecutor(ThreadPoolOptions options)
    : Executor(detail::Backends{}),
      pool_(detail::ThreadPool::make(std::move(options))),
      unwinding_(std::uncaught_exceptions()) {
  set_backends({.threads = pool_.get()});
}

ThreadPoolExecutor::~ThreadPoolExecutor() {
  if (pool_ != nullptr) pool_->end(std::uncaught_exceptions() > unwinding_);
}

ThreadPoolExecutor::ThreadPoolExecutor(ThreadPoolExecutor&& other) noexcept = default;

ThreadPoolExecutor& ThreadPoolExecutor::operator=(ThreadPoolExecutor&& other) noexcept {
  if (this == &other) return *this;
  if (pool_ != nullptr) pool_->end(std::uncaught_exceptions() > unwinding_);
  Executor::operator=(std::move(other));
  pool_ = std::exchange(other.pool_, nullptr);
  unwinding_ = std::uncaught_exceptions();
  return *this;
}

detail::ThreadPool& ThreadPoolExecutor::pool() const {
  if (pool_ == nullptr)
    throw InvalidStateError("this thread pool was moved from: nothing can be asked of it");
  return *pool_;
}

void ThreadPoolExecutor::shutdown(ShutdownOptions options) { pool().shutdown(options); }

PoolStats ThreadPoolExecutor::stats() const { return pool().stats(); }

std::string_view ThreadPoolExecutor::name() const { return pool().name(); }

}  // namespace muster
