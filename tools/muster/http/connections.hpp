#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace muster_tool::http {

// The threads that answer, one for each connection, and who is connected. Where all are busy, the
// connection whose request has been awaited for longest is cut off; where none is awaited, who
// accepts connections waits.
//
// Thread safety: all of it.
class Connections {
 public:
  explicit Connections(std::size_t threads);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // Runs it in one of the threads.
  void enqueue(std::function<void()> job);
  // Cuts all off, and waits until all jobs are done.
  void stop();

  // A socket, as long as a job has it. Its request is awaited until `arrived`.
  class Open {
   public:
    Open(Connections& connections, int socket);
    ~Open();
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
    void arrived();

   private:
    Connections& connections_;
    const std::uint64_t number_;
  };

  // A place among the few that may read without end.
  class Place {
   public:
    Place(Connections& connections, std::size_t limit);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    explicit operator bool() const { return taken_; }

   private:
    Connections& connections_;
    bool taken_ = false;
  };

 private:
  std::uint64_t add(int socket);
  void work();
  void cut_oldest();  // with the mutex locked

  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable jobs_there_;
  std::condition_variable jobs_taken_;
  std::deque<std::function<void()>> jobs_;
  std::map<std::uint64_t, int> open_;  // sockets
  std::set<std::uint64_t> awaited_;    // of those, the oldest first
  std::uint64_t last_ = 0;
  std::size_t idle_ = 0;
  std::size_t places_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace muster_tool::http
