#pragma once

#include <cstdint>
#include <queue>
#include <vector>

namespace scaling {

// Something that happens at a time. Each has at most one time that is to come.
class Alarm {
 public:
  Alarm() = default;
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  virtual ~Alarm() = default;
  virtual void ring() = 0;

 private:
  friend class Clock;
  std::uint64_t setting_ = 0;
};

// The time of a simulation, in nanoseconds, and what is to happen. What is set for the same time
// happens in the order in which it was set, so that every run is the same.
class Clock {
 public:
  double now() const { return now_; }
  std::uint64_t events() const { return rung_; }

  // In the place of what was set before. REQUIRES: not in the past.
  void set(Alarm& alarm, double at) { events_.push({at, ++count_, &alarm, ++alarm.setting_}); }
  void cancel(Alarm& alarm) { ++alarm.setting_; }

  // False: nothing is to come.
  bool step() {
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      if (event.setting != event.alarm->setting_) continue;
      now_ = event.at;
      ++rung_;
      event.alarm->ring();
      return true;
    }
    return false;
  }

 private:
  struct Event {
    double at;
    std::uint64_t number;
    Alarm* alarm;
    std::uint64_t setting;

    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : number > other.number;
    }
  };

  double now_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t rung_ = 0;
  std::priority_queue<Event> events_;
};

}  // namespace scaling
