#pragma once

#include <memory>
#include <optional>

#include <muster/duration.hpp>

#include "key.hpp"
#include "page.hpp"

namespace muster_tool::top {

// True: text goes to who reads UTF-8, as the locale says. Sets the locale's characters; to be
// called before text is measured.
bool use_locale();

// The terminal of this process, as a whole. It is what it was before once this is destroyed.
//
// Signals are taken in where events are waited for, and nowhere else: those that end the program,
// so that it can leave the terminal in order, Ctrl-Z, and a new size.
class Terminal {
 public:
  // Standard input and output are a terminal on which one may write where one likes: TERM is there
  // and not "dumb".
  static bool is_there();
  // Null: there is none, or TERM is not known.
  static std::unique_ptr<Terminal> open(bool utf8);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  Size size() const;
  // `page` has that size.
  void draw(const Page& page);
  // The next draw() writes all of it anew.
  void forget();

  struct Event {
    enum class Kind {
      time,  // none came in time
      key,
      redraw,   // another size, or the terminal is ours again
      signal,   // that ends the program
      hung_up,  // there is nobody to press a key any more
    };
    Kind kind = Kind::time;
    Key key = {};
    int signal = 0;
  };
  // Waits for the next one; for ever where there is no time.
  Event wait(std::optional<muster::Duration> patience);

 private:
  struct State;

  explicit Terminal(std::unique_ptr<State> state);

  std::optional<Event> pressed();
  std::optional<Event> take_signal();
  void resize();
  void stop();

  std::unique_ptr<State> state_;
};

// Ends this process as the signal would have.
[[noreturn]] void end_by(int signal);

}  // namespace muster_tool::top
