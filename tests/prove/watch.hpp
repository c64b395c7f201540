#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace prove {

// Sees to it that nobody waits for ever. A thread that may wait says so before and after; the
// watch's own thread holds no lock, so that a pool can be forked beside it.
class Watch {
  struct Seat {
    std::atomic<std::uint64_t> what{0};
    std::atomic<std::int64_t> since_ns{0};  // on the watch's clock; 0: does not wait
  };

 public:
  static constexpr std::size_t kSeats = 16;
  static constexpr std::int64_t kLimitNs = 60'000'000'000;

  // What else than a task one may wait for.
  static constexpr std::uint64_t kSubmit = std::uint64_t{1} << 40;
  static constexpr std::uint64_t kPoolEnd = kSubmit + 1;
  static constexpr std::uint64_t kPoolStart = kSubmit + 2;
  static std::string describe(std::uint64_t what);

  // `hung(seat, what)` is called in the watch's thread. The program is to end by it.
  using Hung = std::function<void(std::size_t seat, std::uint64_t what)>;
  explicit Watch(Hung hung) : hung_(std::move(hung)), thread_([this] { run(); }) {}
  ~Watch() {
    end_.store(true);
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // On its clock.
  std::int64_t now_ns() const { return now_ns_.load(); }

  // For as long as it lives the thread in this seat waits for `what`: a ticket, or one of those
  // above.
  class Waiting {
   public:
    Waiting(Watch& watch, std::size_t seat, std::uint64_t what) : seat_(watch.seats_[seat]) {
      seat_.what.store(what, std::memory_order_relaxed);
      seat_.since_ns.store(watch.now_ns_.load(), std::memory_order_release);
    }
    ~Waiting() { seat_.since_ns.store(0, std::memory_order_release); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    Seat& seat_;
  };

 private:
  void run();

  Hung hung_;
  std::array<Seat, kSeats> seats_;
  // Goes on only while this program runs: one that is stopped as a whole hangs nobody.
  std::atomic<std::int64_t> now_ns_{1};
  std::atomic<bool> end_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace prove
