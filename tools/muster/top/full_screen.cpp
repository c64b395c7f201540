#include "full_screen.hpp"

#include <signal.h>

#include <chrono>
#include <optional>

namespace muster_tool::top {

namespace {

using muster::Duration;
using Kind = Terminal::Event::Kind;

Duration now() { return std::chrono::steady_clock::now().time_since_epoch(); }

std::optional<Duration> time_left(const Session& session) {
  const auto next = session.next_look();
  if (!next) return std::nullopt;
  return std::chrono::nanoseconds(*next) - std::chrono::nanoseconds(now());
}

}  // namespace

int show(Terminal& terminal, Session& session) {
  while (!session.has_ended()) {
    session.look(now());
    terminal.draw(session.page(terminal.size()));
    Terminal::Event event = terminal.wait(time_left(session));
    // All that have been pressed, before they are drawn.
    for (; event.kind == Kind::key && !session.has_ended(); event = terminal.wait(Duration())) {
      if (event.key.code == Key::Code::redraw) terminal.forget();
      session.press(event.key);
    }
    if (event.kind == Kind::signal) return event.signal;
    if (event.kind == Kind::hung_up) return SIGHUP;
  }
  return 0;
}

}  // namespace muster_tool::top
