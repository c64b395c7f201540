#include "terminal.hpp"

#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <cwctype>
#include <string_view>
#include <system_error>
#include <utility>

#define NCURSES_WIDECHAR 1
#include <curses.h>

#include "screen_text.hpp"
#include "signal_queue.hpp"

namespace muster_tool::top {

namespace {

// Curses has colours by number.
constexpr short kGood = 1;
constexpr short kWarning = 2;
constexpr short kBad = 3;
constexpr short kGraph = 4;

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool asks_for_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view locale = environment(name);
    if (locale.empty()) continue;
    return contains_lower(locale, "utf-8") || contains_lower(locale, "utf8");
  }
  return false;
}

bool use_colours() {
  if (!environment("NO_COLOR").empty() || !::has_colors()) return false;
  ::start_color();
  const short background = ::use_default_colors() == OK ? short{-1} : short{COLOR_BLACK};
  ::init_pair(kGood, COLOR_GREEN, background);
  ::init_pair(kWarning, COLOR_YELLOW, background);
  ::init_pair(kBad, COLOR_RED, background);
  ::init_pair(kGraph, COLOR_CYAN, background);
  return true;
}

std::optional<Key> to_key(wint_t code, bool is_function_key) {
  using Code = Key::Code;
  if (is_function_key) {
    switch (code) {
      case KEY_UP: return Key{Code::up};
      case KEY_DOWN: return Key{Code::down};
      case KEY_PPAGE: return Key{Code::page_up};
      case KEY_NPAGE: return Key{Code::page_down};
      case KEY_HOME: return Key{Code::home};
      case KEY_END: return Key{Code::end};
      case KEY_ENTER: return Key{Code::enter};
      case KEY_BACKSPACE: return Key{Code::backspace};
      case KEY_RESIZE: return std::nullopt;
      default: return Key{Code::other};
    }
  }
  switch (code) {
    case '\n':
    case '\r': return Key{Code::enter};
    case 27: return Key{Code::escape};
    case 8:
    case 127: return Key{Code::backspace};
    case 12: return Key{Code::redraw};
    default: break;
  }
  if (std::iswprint(code) == 0) return Key{Code::other};
  return Key{Code::character, static_cast<char32_t>(code)};
}

// Cursor keys as terminals send them that do not take notice of keypad().
void define_keys() {
  constexpr std::pair<const char*, int> kKeys[] = {
      {"\033[A", KEY_UP},    {"\033[B", KEY_DOWN}, {"\033[H", KEY_HOME}, {"\033[F", KEY_END},
      {"\033[1~", KEY_HOME}, {"\033[4~", KEY_END}, {"\033OH", KEY_HOME}, {"\033OF", KEY_END},
  };
  for (const auto& [sequence, key] : kKeys) {
    if (::key_defined(sequence) == 0) ::define_key(sequence, key);
  }
}

// Drops the rest of a sequence that has begun with Escape and means no key that is known. False: it
// was Escape itself.
bool skip_sequence() {
  wint_t code = 0;
  if (::wget_wch(stdscr, &code) != OK) return false;
  if (code != '[' && code != 'O') {
    ::unget_wch(static_cast<wchar_t>(code));
    return false;
  }
  while (::wget_wch(stdscr, &code) == OK && (code < '@' || code > '~')) {
  }
  return true;
}

}  // namespace

struct Terminal::State {
  explicit State(bool has_utf8) : utf8(has_utf8) {}
  ~State() {
    if (screen == nullptr) return;
    ::endwin();
    ::delscreen(screen);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  attr_t attributes(Style style) const {
    const auto coloured = [&](short pair) -> attr_t {
      return colours ? static_cast<attr_t>(COLOR_PAIR(pair)) : A_BOLD;
    };
    switch (style) {
      case Style::plain: return A_NORMAL;
      case Style::dim: return A_DIM;
      case Style::strong: return A_BOLD;
      case Style::heading: return A_BOLD | A_UNDERLINE;
      case Style::good: return coloured(kGood);
      case Style::warning: return coloured(kWarning);
      case Style::bad: return coloured(kBad) | A_BOLD;
      case Style::graph: return colours ? coloured(kGraph) : A_NORMAL;
    }
    return A_NORMAL;
  }

  SignalQueue signals;
  SCREEN* screen = nullptr;
  bool utf8;
  bool colours = false;
};

bool use_locale() {
  // Where the one that is asked for is not installed, its characters may be known all the same.
  if (std::setlocale(LC_CTYPE, "") == nullptr &&
      (!asks_for_utf8() || std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr)) {
    return false;
  }
  return std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
}

bool Terminal::is_there() {
  const std::string_view kind = environment("TERM");
  return !kind.empty() && kind != "dumb" && ::isatty(STDIN_FILENO) == 1 &&
         ::isatty(STDOUT_FILENO) == 1;
}

std::unique_ptr<Terminal> Terminal::open(bool utf8) {
  if (!is_there()) return nullptr;
  auto state = std::make_unique<State>(utf8);
  state->screen = ::newterm(nullptr, stdout, stdin);
  if (state->screen == nullptr) return nullptr;
  return std::unique_ptr<Terminal>(new Terminal(std::move(state)));
}

Terminal::Terminal(std::unique_ptr<State> state) : state_(std::move(state)) {
  ::cbreak();
  ::noecho();
  ::keypad(stdscr, TRUE);
  ::nodelay(stdscr, TRUE);
  ::set_escdelay(25);
  define_keys();
  ::curs_set(0);
  state_->colours = use_colours();
}

Terminal::~Terminal() = default;

Size Terminal::size() const {
  return {static_cast<std::size_t>(std::max(getmaxy(stdscr), 1)),
          static_cast<std::size_t>(std::max(getmaxx(stdscr), 1))};
}

void Terminal::draw(const Page& page) {
  int row = 0;
  for (const Line& line : page) {
    ::wmove(stdscr, row++, 0);
    for (const Span& span : line.spans) {
      const attr_t selected = line.selected ? A_REVERSE : A_NORMAL;
      ::wattrset(stdscr, static_cast<int>(state_->attributes(span.style) | selected));
      const std::string text = state_->utf8 ? span.text : to_ascii(span.text);
      // That the last column of the last line leaves no room for the cursor counts as an error.
      ::waddnstr(stdscr, text.c_str(), static_cast<int>(text.size()));
    }
  }
  ::wrefresh(stdscr);
}

void Terminal::forget() { ::clearok(::curscr, TRUE); }

std::optional<Terminal::Event> Terminal::pressed() {
  wint_t code = 0;
  for (;;) {
    const int kind = ::wget_wch(stdscr, &code);
    if (kind == ERR) return std::nullopt;
    const auto key = to_key(code, kind == KEY_CODE_YES);
    if (key && key->code == Key::Code::escape && skip_sequence()) continue;
    if (key) {
      return Event{.kind = Event::Kind::key, .key = *key};
    }
  }
}

Terminal::Event Terminal::wait(std::optional<muster::Duration> patience) {
  // Those that came with one that was asked for.
  if (auto event = pressed()) return *event;
  std::array<pollfd, 2> ready{{{STDIN_FILENO, POLLIN, 0}, {state_->signals.fd(), POLLIN, 0}}};
  timespec time{};
  if (patience) {
    const std::int64_t ns = std::max<std::int64_t>(patience->nanoseconds(), 0);
    time = {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  }
  if (::ppoll(ready.data(), ready.size(), patience ? &time : nullptr, nullptr) < 0 &&
      errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "cannot wait for the terminal");
  }
  if (ready[1].revents != 0) {
    if (auto event = take_signal()) return *event;
  }
  if ((ready[0].revents & POLLIN) != 0) {
    if (auto event = pressed()) return *event;
  }
  if ((ready[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
    return {.kind = Event::Kind::hung_up};
  }
  return {.kind = Event::Kind::time};
}

std::optional<Terminal::Event> Terminal::take_signal() {
  const auto signal = state_->signals.take();
  if (!signal) return std::nullopt;
  switch (*signal) {
    case SIGWINCH: resize(); break;
    case SIGTSTP: stop(); break;
    case SIGCONT:
      // Who had the terminal meanwhile has set it up otherwise.
      ::reset_prog_mode();
      resize();
      break;
    default: return Event{.kind = Event::Kind::signal, .signal = *signal};
  }
  return Event{.kind = Event::Kind::redraw};
}

void Terminal::resize() {
  winsize now{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == 0 && now.ws_row != 0 && now.ws_col != 0) {
    ::resizeterm(now.ws_row, now.ws_col);
  }
  // What terminals make of what they showed is not known.
  forget();
}

void Terminal::stop() {
  ::endwin();
  deliver(SIGTSTP);
  resize();
}

void end_by(int signal) {
  deliver(signal);
  // Where somebody has seen to it that the signal does nothing.
  std::_Exit(128 + signal);
}

}  // namespace muster_tool::top
