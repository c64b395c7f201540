#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <muster/inspect.hpp>

#include "journal.hpp"
#include "watched_pool.hpp"

namespace muster_tool::web {

// Which pools are shown.
struct Selection {
  // Set where one was named: that pool, and such of its name as come later.
  std::optional<std::string> id;
  std::string name;
  muster::InspectOptions options;

  bool has(const muster::PoolInfo& pool) const {
    return !id || pool.id == *id || pool.name == name;
  }
};

// All pools of the selection.
muster::PoolList list_pools(const Selection& selection);

// One thread that looks at the pools for all who read the journal, however many they are. It sleeps
// while nobody does, and takes no more than a tenth of a processor's time.
class Feed {
 public:
  Feed(Journal& journal, Selection selection, std::chrono::duration<double> interval);
  // Closes the journal.
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

 private:
  using Clock = Journal::Clock;

  struct Watched {
    std::unique_ptr<WatchedPool> pool;  // null: it is not open
    Clock::time_point wanted;           // when somebody read of it last
    bool ended = false;
  };

  void run();
  void look(Clock::time_point now);
  void list(Clock::time_point now);
  // Null: it is not among those known.
  muster::PoolInfo* listed(const std::string& id);
  void look_at(const std::string& id, Clock::time_point now);
  bool open(const std::string& id, Watched& watched);
  void drop_unwanted(Clock::time_point now);

  Journal& journal_;
  const Selection selection_;
  const std::chrono::duration<double> interval_;
  muster::PoolList known_;
  std::optional<Clock::time_point> listed_;
  std::map<std::string, Watched> watched_;
  std::thread thread_;
};

}  // namespace muster_tool::web
