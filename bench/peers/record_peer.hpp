#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "bench/peers/peer.hpp"
#include "bench/probes/stopwatch.hpp"

namespace bench {

// A task, and its result, as 16 bytes that processes send each other.
struct Record {
  static constexpr std::int32_t kAddOne = -1;
  static constexpr std::int32_t kSum = -2;   // that many doubles come after it
  static constexpr std::int32_t kMake = -3;  // that many doubles come after the result

  std::uint32_t index = 0;
  std::int32_t what = kAddOne;  // or how many microseconds to burn
  std::int64_t value = 0;
};
static_assert(sizeof(Record) == 16);

inline void execute(Record& record) {
  record.value =
      record.what == Record::kAddOne ? kPlusOne(static_cast<int>(record.value)) : burn(record.what);
}

// What worker processes that are sent records can do. A channel is made from a number of workers,
// and has send(record), flush(), receive(record), window(), how many records may be on the way at
// most, and workers().
template <class Channel>
class RecordPeer : public Peer {
 public:
  void open(std::size_t workers) override { channel_.emplace(workers); }
  void close() override { channel_.reset(); }

  std::uint64_t without_futures(std::uint32_t tasks) override {
    std::uint64_t sum = 0;
    pump(
        tasks,
        [](std::uint32_t i) {
          return Record{i, Record::kAddOne, i};
        },
        [&](const Record& result) { sum += static_cast<std::uint64_t>(result.value); });
    return sum;
  }

  std::uint64_t one_at_a_time(std::uint32_t tasks, std::chrono::nanoseconds pause,
                              std::vector<double>& seconds) override {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < tasks; ++i) {
      if (pause.count() != 0) std::this_thread::sleep_for(pause);
      const Stopwatch watch;
      Record record{i, Record::kAddOne, i};
      channel_->send(record);
      channel_->flush();
      channel_->receive(record);
      seconds.push_back(watch.seconds());
      sum += static_cast<std::uint64_t>(record.value);
    }
    return sum;
  }

  std::vector<std::int64_t> burn_all(std::span<const int> microseconds) override {
    std::vector<std::int64_t> ended(microseconds.size());
    pump(
        static_cast<std::uint32_t>(ended.size()),
        [&](std::uint32_t i) {
          return Record{i, microseconds[i], 0};
        },
        [&](const Record& result) { ended[result.index] = result.value; });
    return ended;
  }

  std::vector<pid_t> workers() const override { return channel_->workers(); }

 protected:
  std::optional<Channel> channel_;

 private:
  template <class Make, class Take>
  void pump(std::uint32_t tasks, const Make& make, const Take& take) {
    const std::size_t window = channel_->window();
    // Where many are on the way, half of them are fetched before more are sent.
    const std::size_t at_once = std::max<std::size_t>(window / 2, 1);
    constexpr std::size_t kFew = 8;
    std::uint32_t sent = 0;
    for (std::uint32_t received = 0; received < tasks;) {
      for (; sent < tasks && sent - received < window; ++sent) channel_->send(make(sent));
      if (sent == tasks) channel_->flush();
      const std::size_t fetch =
          window <= kFew ? 1 : std::min<std::size_t>(at_once, sent - received);
      for (std::size_t i = 0; i < fetch; ++i, ++received) {
        Record result;
        channel_->receive(result);
        take(result);
      }
    }
  }
};

}  // namespace bench
