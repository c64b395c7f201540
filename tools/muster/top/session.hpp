#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <muster/inspect.hpp>

#include "key.hpp"
#include "open_pool.hpp"
#include "page.hpp"
#include "screen.hpp"
#include "worker_kill.hpp"

namespace muster_tool::top {

struct Options {
  muster::InspectOptions inspect;
  std::string pool;  // "": the list of pools first
  // Between two looks. None: a second, and more where a look takes long.
  std::optional<muster::Duration> interval;
  std::string sort;  // a column's word; "": the first one
};

// What is on the screen and what keys make of it, without a terminal.
class Session {
 public:
  // Throws what PoolInspector does where a pool is named.
  explicit Session(Options options);

  // Takes a look, if it is time to. Throws std::system_error where /proc cannot be read.
  void look(muster::Duration now);
  // When it will be; none: not before a key is pressed.
  std::optional<muster::Duration> next_look() const;

  void press(Key key);
  // The user has seen enough.
  bool has_ended() const { return ended_; }

  Page page(Size size);

 private:
  static constexpr Size kLeast{10, 40};

  void open_list();
  void open_pool(const std::string& pool);
  void try_pool(const std::string& id);
  void to_pools();
  void open_worker(std::size_t worker);
  void back();
  void take(const Step& step);
  Step common_step(Key key) const;
  void toggle_freeze();
  void answer(Key key);
  void ask_to_kill(std::size_t worker);
  void show_stack(std::size_t worker);
  void watch_kill(muster::Duration now);
  void look_soon() { next_look_ = muster::Duration(); }
  const WorkerRow* find(std::size_t worker) const;
  Page bottom(Size size) const;

  Options options_;
  std::vector<std::unique_ptr<Screen>> screens_;  // the last one is seen
  std::shared_ptr<OpenPool> pool_;                // of those that are about one
  bool ended_ = false;
  bool frozen_ = false;
  std::string message_;  // until the next key
  std::optional<WorkerKill> kill_;
  bool asking_ = false;                                 // whether to kill
  std::optional<muster::Duration> kill_watched_until_;  // none: it was not sent, or just now
  muster::Duration next_look_;
  bool first_look_ = true;
};

}  // namespace muster_tool::top
