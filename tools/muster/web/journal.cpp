#include "journal.hpp"

#include <fmt/format.h>

#include "tools/muster/http/guard.hpp"

namespace muster_tool::web {

Journal::Reader::Reader(Journal& journal, std::string pool, std::optional<std::uint64_t> read_until)
    : journal_(journal), pool_(std::move(pool)) {
  const std::lock_guard lock(journal_.mutex_);
  const auto begin = journal_.begins_.find(pool_);
  const bool kept =
      pool_.empty() || (begin != journal_.begins_.end() && read_until >= begin->second);
  if (read_until && kept && *read_until >= journal_.lost_until_ && *read_until <= journal_.last_) {
    cursor_ = *read_until;
    resumes_ = true;
  } else {
    cursor_ = journal_.lost_until_;
  }
  journal_.readers_.insert(pool_);
  journal_.other_readers_.notify_all();
}

Journal::Reader::~Reader() {
  const std::lock_guard lock(journal_.mutex_);
  journal_.readers_.erase(journal_.readers_.find(pool_));
  journal_.other_readers_.notify_all();
}

Journal::Text Journal::Reader::next() {
  std::unique_lock lock(journal_.mutex_);
  for (;;) {
    if (journal_.closed_ || cursor_ < journal_.lost_until_) return nullptr;
    for (auto it = journal_.messages_.upper_bound(cursor_); it != journal_.messages_.end(); ++it) {
      cursor_ = it->first;
      if (it->second.pool.empty() || it->second.pool == pool_) return it->second.text;
    }
    cursor_ = journal_.last_;
    journal_.news_.wait(lock, [&] { return journal_.closed_ || journal_.last_ != cursor_; });
  }
}

Journal::Journal() : Journal(Bounds{}) {}

Journal::Journal(Bounds bounds) : bounds_(bounds), name_(http::make_token().substr(0, 8)) {}

void Journal::append(std::string_view event, const std::string& pool, std::string_view data) {
  put(event, pool, data, false);
}

void Journal::replace(std::string_view event, const std::string& pool, std::string_view data) {
  put(event, pool, data, true);
}

void Journal::put(std::string_view event, const std::string& pool, std::string_view data,
                  bool state) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  const std::uint64_t number = ++last_;
  begins_.try_emplace(pool, number);
  if (state) {
    std::uint64_t& before = states_[{pool, std::string(event)}];
    if (const auto old = messages_.find(before); old != messages_.end()) erase(old);
    before = number;
  }
  auto text = std::make_shared<const std::string>(
      fmt::format("id: {}.{}\nevent: {}\ndata: {}\n\n", name_, number, event, data));
  bytes_ += text->size();
  messages_.emplace(number, Message{pool, std::move(text), now, state});
  trim(now);
  news_.notify_all();
}

// States stay, there are few of them.
void Journal::trim(Clock::time_point now) {
  for (auto it = messages_.begin(); it != messages_.end();) {
    if (bytes_ <= bounds_.bytes && it->second.at + bounds_.age >= now) break;
    if (it->second.state) {
      ++it;
      continue;
    }
    lost_until_ = it->first;
    it = erase(it);
  }
}

Journal::Messages::iterator Journal::erase(Messages::iterator message) {
  bytes_ -= message->second.text->size();
  return messages_.erase(message);
}

void Journal::forget(const std::string& pool) {
  const std::lock_guard lock(mutex_);
  for (auto it = messages_.begin(); it != messages_.end();) {
    it = it->second.pool == pool ? erase(it) : std::next(it);
  }
  begins_.erase(pool);
  std::erase_if(states_, [&](const auto& state) { return state.first.first == pool; });
}

std::multiset<std::string> Journal::readers() const {
  const std::lock_guard lock(mutex_);
  return readers_;
}

bool Journal::await_reader(std::optional<Clock::time_point> until) const {
  std::unique_lock lock(mutex_);
  const auto decided = [&] { return closed_ || !readers_.empty(); };
  if (until) {
    other_readers_.wait_until(lock, *until, decided);
  } else {
    other_readers_.wait(lock, decided);
  }
  return !closed_ && !readers_.empty();
}

void Journal::await_change(const std::multiset<std::string>& readers,
                           Clock::time_point until) const {
  std::unique_lock lock(mutex_);
  other_readers_.wait_until(lock, until, [&] { return closed_ || readers_ != readers; });
}

void Journal::await_close(Clock::time_point until) const {
  std::unique_lock lock(mutex_);
  other_readers_.wait_until(lock, until, [&] { return closed_; });
}

void Journal::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  news_.notify_all();
  other_readers_.notify_all();
}

bool Journal::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace muster_tool::web
