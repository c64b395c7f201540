#include "session.hpp"

#include <time.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "help_page.hpp"
#include "list_screen.hpp"
#include "pool_screen.hpp"
#include "screen_text.hpp"
#include "stack_page.hpp"
#include "text_screen.hpp"
#include "worker_screen.hpp"

namespace muster_tool::top {

using muster::Duration;

namespace {

constexpr std::chrono::seconds kInterval{1};
// Of the time between two looks, where nobody has said how long that is to be, at most one part in
// so many goes into them: thousands of workers take a while to read.
constexpr int kIdlePart = 80;
// After the first look at something the second comes early, so that there are rates.
constexpr std::chrono::milliseconds kSecondLook{250};
// After a kill, until it is known what came of it.
constexpr std::chrono::milliseconds kKillLook{50};
constexpr std::chrono::seconds kKillWatched{5};

// That this process has had.
Duration processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Duration after(Duration now, Duration by) {
  return std::chrono::nanoseconds(now) + std::chrono::nanoseconds(by);
}

}  // namespace

Session::Session(Options options) : options_(std::move(options)) {
  if (options_.pool.empty()) {
    open_list();
  } else {
    open_pool(options_.pool);
  }
}

void Session::open_list() {
  auto screen = std::make_unique<ListScreen>(options_.inspect);
  if (const auto column = find_column(pool_columns(), options_.sort)) screen->sort_by(*column);
  screens_.push_back(std::move(screen));
  first_look_ = true;
  look_soon();
}

void Session::open_pool(const std::string& pool) {
  pool_ = std::make_shared<OpenPool>(pool, options_.inspect);
  auto screen = std::make_unique<PoolScreen>(pool_);
  if (const auto column = find_column(worker_columns(), options_.sort)) screen->sort_by(*column);
  screens_.push_back(std::move(screen));
  first_look_ = true;
  look_soon();
}

void Session::try_pool(const std::string& id) {
  try {
    open_pool(id);
  } catch (const muster::Error& error) {
    // It may have ended since it was listed.
    message_ = screen_text(error.what());
  }
}

void Session::to_pools() {
  if (screens_.size() == 1 && pool_ == nullptr) return;
  screens_.clear();
  pool_.reset();
  kill_.reset();
  open_list();
}

void Session::open_worker(std::size_t worker) {
  screens_.push_back(std::make_unique<WorkerScreen>(pool_, worker));
}

void Session::back() {
  if (screens_.size() == 1) {
    to_pools();
    return;
  }
  screens_.pop_back();
  // What is seen now was hidden meanwhile.
  look_soon();
  if (screens_.size() > 1 || dynamic_cast<ListScreen*>(screens_.front().get()) == nullptr) return;
  pool_.reset();
  kill_.reset();
}

void Session::look(Duration now) {
  const auto next = next_look();
  if (!next || now < *next) return;
  const Duration before = processor_time();
  for (auto screen = screens_.rbegin(); screen != screens_.rend() && !(*screen)->look(); ++screen) {
  }
  const std::chrono::nanoseconds cost =
      std::chrono::nanoseconds(processor_time()) - std::chrono::nanoseconds(before);
  Duration until_next = options_.interval.value_or(kInterval);
  if (!options_.interval) until_next = std::max<Duration>(until_next, cost * kIdlePart);
  if (std::exchange(first_look_, false)) until_next = std::min<Duration>(until_next, kSecondLook);
  next_look_ = after(now, until_next);
  watch_kill(now);
}

std::optional<Duration> Session::next_look() const {
  const auto changing = [](const auto& screen) { return screen->changes(); };
  if (frozen_ && !first_look_) return std::nullopt;
  if (std::none_of(screens_.begin(), screens_.end(), changing) && !first_look_) {
    return std::nullopt;
  }
  return next_look_;
}

void Session::watch_kill(Duration now) {
  if (!kill_ || !kill_->sent()) return;
  if (const auto outcome = kill_->outcome(pool_->model().pool())) {
    message_ = *outcome;
    kill_.reset();
    return;
  }
  if (!kill_watched_until_) kill_watched_until_ = after(now, kKillWatched);
  if (now > *kill_watched_until_) {
    message_ += "; it has not been replaced yet";
    kill_.reset();
    return;
  }
  next_look_ = std::min<Duration>(next_look_, after(now, kKillLook));
}

void Session::press(Key key) {
  if (asking_) {
    answer(key);
    return;
  }
  message_.clear();
  Screen& screen = *screens_.back();
  if (screen.is_typing()) {
    take(screen.press(key));
    return;
  }
  const Step step = common_step(key);
  take(step.kind == Step::Kind::none ? screen.press(key) : step);
}

Step Session::common_step(Key key) const {
  using Kind = Step::Kind;
  if (key.code == Key::Code::escape) return {.kind = Kind::back};
  if (key.code != Key::Code::character) return {};
  switch (key.character) {
    case 'q': return {.kind = Kind::quit};
    case 'p': return {.kind = Kind::back};
    case '?':
    case 'h': return {.kind = Kind::help};
    case 'f':
    case ' ': return {.kind = Kind::freeze};
    default: return {};
  }
}

void Session::take(const Step& step) {
  switch (step.kind) {
    case Step::Kind::none: break;
    case Step::Kind::back: back(); break;
    case Step::Kind::quit: ended_ = true; break;
    case Step::Kind::freeze: toggle_freeze(); break;
    case Step::Kind::open_pool: try_pool(step.pool); break;
    case Step::Kind::open_worker: open_worker(step.worker); break;
    case Step::Kind::show_stack: show_stack(step.worker); break;
    case Step::Kind::ask_to_kill: ask_to_kill(step.worker); break;
    case Step::Kind::help: screens_.push_back(std::make_unique<TextScreen>(help_page())); break;
  }
}

void Session::toggle_freeze() {
  frozen_ = !frozen_;
  if (!frozen_) look_soon();
}

const WorkerRow* Session::find(std::size_t worker) const {
  const auto& rows = pool_->model().workers();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const WorkerRow& row) { return row.worker.index == worker; });
  return found == rows.end() ? nullptr : &*found;
}

void Session::show_stack(std::size_t worker) {
  const WorkerRow* const row = find(worker);
  if (row == nullptr) return;
  if (pool_->has_ended()) {
    message_ = "The pool has ended: there is no process to look into";
    return;
  }
  screens_.push_back(std::make_unique<TextScreen>(stack_page(pool_->inspector(), row->worker)));
}

void Session::ask_to_kill(std::size_t worker) {
  const WorkerRow* const row = find(worker);
  if (row == nullptr) return;
  if (pool_->has_ended()) {
    message_ = "The pool has ended, and its workers with it";
    return;
  }
  if (const auto reason = reason_not_to_kill(pool_->model().pool(), row->worker)) {
    message_ = *reason;
    return;
  }
  kill_.emplace(pool_->model().pool(), *row);
  asking_ = true;
}

void Session::answer(Key key) {
  const bool yes =
      key.code == Key::Code::character && (key.character == 'y' || key.character == 'Y');
  asking_ = false;
  if (!yes) {
    message_ = "Nothing was killed";
    kill_.reset();
    return;
  }
  message_ = kill_->send(pool_->inspector());
  kill_watched_until_.reset();
  // What comes of it is to be seen.
  frozen_ = false;
  look_soon();
}

// The message or the question, and the line of what can be done.
Page Session::bottom(Size size) const {
  Page page;
  const std::string text = asking_ ? kill_->question() : message_;
  if (!text.empty()) {
    for (const std::string& line : wrap(text, size.columns)) {
      page.emplace_back(line, Style::strong);
    }
  }
  if (asking_) return page;
  std::vector<Line> parts;
  if (frozen_) parts.emplace_back("FROZEN", Style::warning);
  parts.push_back(screens_.back()->status());
  if (!screens_.back()->is_typing()) {
    for (const char* hint : {"?: help", "q: quit"}) parts.emplace_back(hint, Style::dim);
    for (const std::string_view hint : screens_.back()->hints()) {
      parts.emplace_back(std::string(hint), Style::dim);
    }
  }
  page.push_back(join(parts, size.columns));
  return page;
}

Page Session::page(Size size) {
  if (size.rows < kLeast.rows || size.columns < kLeast.columns) {
    Page page;
    const std::string text =
        fmt::format("The terminal has {} columns and {} rows; at least {} and {} are needed.",
                    size.columns, size.rows, kLeast.columns, kLeast.rows);
    for (const std::string& line : wrap(text, size.columns)) page.emplace_back(line);
    return fit_page(std::move(page), size);
  }
  const Page below = bottom(size);
  const std::size_t rows = size.rows - std::min(below.size(), size.rows - 1);
  Page page = fit_page(screens_.back()->page({rows, size.columns}), {rows, size.columns});
  for (const Line& line : below) page.push_back(line);
  return fit_page(std::move(page), size);
}

}  // namespace muster_tool::top
