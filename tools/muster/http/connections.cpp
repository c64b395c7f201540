#include "connections.hpp"

#include <sys/socket.h>

#include <utility>

namespace muster_tool::http {

Connections::Connections(std::size_t threads) : most_waiting_(threads) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Connections::~Connections() { stop(); }

void Connections::enqueue(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  jobs_.push_back(std::move(job));
  if (jobs_.size() > idle_) cut_oldest();
  jobs_there_.notify_one();
  jobs_taken_.wait(lock, [&] { return stopping_ || jobs_.size() < most_waiting_; });
}

void Connections::cut_oldest() {
  if (awaited_.empty()) return;
  // Its thread wakes up, finds the end of what it reads, and closes it.
  ::shutdown(open_.at(*awaited_.begin()), SHUT_RDWR);
  awaited_.erase(awaited_.begin());
}

void Connections::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [number, socket] : open_) ::shutdown(socket, SHUT_RDWR);
    jobs_there_.notify_all();
    jobs_taken_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Connections::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    jobs_there_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    jobs_taken_.notify_all();
    lock.unlock();
    job();
    lock.lock();
  }
}

std::uint64_t Connections::add(int socket) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = ++last_;
  open_.emplace(number, socket);
  awaited_.insert(number);
  if (stopping_) ::shutdown(socket, SHUT_RDWR);
  return number;
}

Connections::Open::Open(Connections& connections, int socket)
    : connections_(connections), number_(connections.add(socket)) {}

Connections::Open::~Open() {
  const std::lock_guard lock(connections_.mutex_);
  connections_.awaited_.erase(number_);
  connections_.open_.erase(number_);
}

void Connections::Open::arrived() {
  const std::lock_guard lock(connections_.mutex_);
  connections_.awaited_.erase(number_);
}

Connections::Place::Place(Connections& connections, std::size_t limit) : connections_(connections) {
  const std::lock_guard lock(connections_.mutex_);
  taken_ = connections_.places_ < limit;
  if (taken_) ++connections_.places_;
}

Connections::Place::~Place() {
  if (!taken_) return;
  const std::lock_guard lock(connections_.mutex_);
  --connections_.places_;
}

}  // namespace muster_tool::http
