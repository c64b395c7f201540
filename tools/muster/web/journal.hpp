#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "record.hpp"

namespace muster_tool::web {

// What the feed has found, in the order in which it did, for any number of readers: each message is
// there once, and a reader is a place in the order. Who comes later begins with what is kept, and
// so do those who were away for a while and say up to where they have read.
//
// It has bounds, and waits for nobody: a reader who has not read what falls out of it is dropped.
//
// Thread safety: all of it.
class Journal : public Record {
 public:
  using Clock = std::chrono::steady_clock;
  using Text = std::shared_ptr<const std::string>;

  struct Bounds {
    std::size_t bytes = 8u << 20u;
    Clock::duration age = std::chrono::seconds(60);
  };

  // A place in the order, of one who reads what concerns one pool, and all.
  class Reader {
   public:
    Reader(Journal& journal, std::string pool, std::optional<std::uint64_t> read_until);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // Where it goes on from `read_until`, with nothing left out.
    bool resumes() const { return resumes_; }
    // The next message, as server-sent events have it. Waits for it; none once the journal is
    // closed, and where this reader is too slow.
    Text next();

   private:
    Journal& journal_;
    const std::string pool_;
    std::uint64_t cursor_ = 0;
    bool resumes_ = false;
  };

  Journal();
  explicit Journal(Bounds bounds);

  void append(std::string_view event, const std::string& pool, std::string_view data) override;
  void replace(std::string_view event, const std::string& pool, std::string_view data) override;
  // Nothing of this pool is kept.
  void forget(const std::string& pool);

  // The pools that somebody reads of; "" stands for those who read the list alone.
  std::multiset<std::string> readers() const;
  // Until somebody reads, but not past `until`, where it is given. False: nobody, or it is closed.
  bool await_reader(std::optional<Clock::time_point> until) const;
  // Until then, or until there are others that read than these, or it is closed.
  void await_change(const std::multiset<std::string>& readers, Clock::time_point until) const;

  // Until then, or until it is closed.
  void await_close(Clock::time_point until) const;

  // Everybody is sent away.
  void close();
  bool closed() const;
  // Tells the numbers of this journal from those of another.
  const std::string& name() const { return name_; }

 private:
  struct Message {
    std::string pool;
    Text text;
    Clock::time_point at;
    bool state = false;
  };
  using Messages = std::map<std::uint64_t, Message>;

  void put(std::string_view event, const std::string& pool, std::string_view data, bool state);
  void trim(Clock::time_point now);
  Messages::iterator erase(Messages::iterator message);

  const Bounds bounds_;
  const std::string name_;
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
  mutable std::condition_variable other_readers_;
  Messages messages_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> states_;  // by pool and event
  std::map<std::string, std::uint64_t> begins_;  // the first message of each pool, also if lost
  std::multiset<std::string> readers_;
  std::uint64_t last_ = 0;
  std::uint64_t lost_until_ = 0;  // the last one that fell out
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace muster_tool::web
