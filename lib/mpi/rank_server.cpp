#include "lib/mpi/rank_server.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <muster/codec.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/log.hpp>

#include "lib/codec/heap_region.hpp"
#include "lib/common/futex.hpp"
#include "lib/inspect/death_text.hpp"
#include "lib/mpi/back_off.hpp"
#include "lib/mpi/heartbeat.hpp"
#include "lib/mpi/launch.hpp"
#include "lib/mpi/served_pool.hpp"
#include "lib/mpi/side_work.hpp"
#include "lib/mpi/transport.hpp"
#include "lib/start/fork_server.hpp"

namespace muster::detail {

namespace {

// The supervisors see this process end, and end with all that runs.
[[noreturn]] void give_up(const std::exception& why) {
  log(LogLevel::error, std::string("this rank of an MPI job cannot serve: ") + why.what());
  std::fflush(nullptr);
  std::_Exit(EXIT_FAILURE);
}

class RankServer final : public ResultSink {
 public:
  RankServer() : modules_(ForkServer::modules()) {}

  void run() {
    transport_.begin();
    place_ = "rank " + std::to_string(transport_.rank()) + " on " + Transport::host() + ": ";
    greet();
    while (!leaving_) go_on(receive());
    for (auto& [number, pool] : pools_) end(std::move(pool), [] {});
    pools_.clear();
    while (!side_.is_over()) go_on(false);
    transport_.end();
  }

 private:
  // One turn of all but new messages; `worked`: something was done before it.
  void go_on(bool worked) {
    worked |= side_.look();
    worked |= look_whether_broken();
    worked |= collect();
    worked |= flush(!worked);
    worked |= transport_.progress();
    beat();
    if (worked) {
      back_off_.worked();
    } else {
      rest();
    }
  }

  // Now and then: workers without tasks may have died.
  bool look_whether_broken() {
    constexpr std::int64_t kLookNs = 2'000'000;
    const std::int64_t now = monotonic_ns();
    if (now - looked_ns_ < kLookNs) return false;
    looked_ns_ = now;
    bool any = false;
    for (const auto& [number, pool] : pools_) any |= pool->look_whether_broken();
    return any;
  }

  // Before the first word of rank 0 as if it had the usual limit.
  void beat() {
    if (!heartbeat_.is_on() || leaving_) return;
    const std::int64_t now = monotonic_ns();
    if (heartbeat_.is_lost(transport_.heard(0), now)) {
      give_up(std::runtime_error("nothing was heard of rank 0 for " +
                                 seconds_text(static_cast<double>(heartbeat_.limit_ns()) * 1e-9) +
                                 "; the link to its host is down, or that host, or its process was "
                                 "stopped. The tasks here are given up"));
    }
    if (!heartbeat_.is_due(now)) return;
    write({.kind = RecordKind::beat});
    urgent_ = true;
    flush(true);
  }

  static constexpr std::size_t kFullBatch = 16 * 1024;
  static constexpr std::int64_t kBatchWaitsNs = 25'000;
  static constexpr std::int64_t kShortSleepNs = 60'000;

  void greet() {
    Hello hello;
    hello.host = Transport::host();
    hello.pid = ::getpid();
    hello.boot = boot_id();
    hello.modules = marks_of(modules_.size());
    answer_with({.kind = RecordKind::hello}, [&](Encoder& out) { out.write(hello); });
    flush(true);
  }

  template <class Write>
  void answer_with(RecordHead head, Write&& write_answer) {
    HeapRegion region;
    Encoder out(nullptr, nullptr, &region, &modules_);
    write_answer(out);
    head.size = static_cast<std::uint32_t>(out.size());
    std::byte* const place = write(head);
    if (out.size() != 0) std::memcpy(place, out.data(), out.size());
    urgent_ = true;
  }

  bool receive() {
    int from = 0;
    std::span<const std::byte> batch;
    if (!transport_.receive(from, batch)) return false;
    received_ns_ = monotonic_ns();
    for_each_record(batch, [this](Record& record) { take(record); });
    return true;
  }

  void take(Record& record) {
    switch (record.head.kind) {
      case RecordKind::task:
      case RecordKind::noted_task:
        if (ServedPool* const pool = find(record.head.pool)) return pool->submit(record);
        return ServedPool::pass_over(record, *this);
      case RecordKind::ask: return answer(record);
      case RecordKind::recall:
        if (ServedPool* const pool = find(record.head.pool)) {
          pool->recall(record.take<std::uint64_t>());
          urgent_ = true;
        }
        return;
      case RecordKind::beat: {
        const auto limit_ns = record.take<std::int64_t>();
        if (limit_ns != heartbeat_.limit_ns()) heartbeat_ = Heartbeat(limit_ns);
        return;
      }
      case RecordKind::stamp:
        stamp_ = {static_cast<std::int64_t>(record.head.id), received_ns_};
        return;
      case RecordKind::leave: leaving_ = true; return;
      default: throw std::runtime_error("rank 0 has sent a message that is none");
    }
  }

  ServedPool* find(std::uint16_t number) {
    const auto found = pools_.find(number);
    return found != pools_.end() ? found->second.get() : nullptr;
  }

  void answer(Record& record) {
    const auto what = record.take<QuestionHead>().what;
    const RecordHead head{
        .kind = RecordKind::answer, .pool = record.head.pool, .id = record.head.id};
    ServedPool* const pool = find(head.pool);
    const auto yes = [&](bool answer) { answer_yes(head, answer); };
    switch (what) {
      case Question::open_pool: return open(head, record);
      case Question::end_pool: {
        auto ended = pools_.extract(head.pool);
        if (!ended) return yes(true);
        return end(std::move(ended.mapped()), [this, head] { answer_yes(head, true); });
      }
      case Question::stop_pool: {
        const auto signal = static_cast<int>(record.take<std::uint32_t>());
        if (pool == nullptr) return yes(true);
        return side_.begin(pool->stopping(signal), [this, head](const std::exception_ptr&) {
          // What ended before is told before the answer.
          if (ServedPool* const stopped = find(head.pool)) stopped->collect_all();
          answer_yes(head, true);
        });
      }
      case Question::cancel: {
        const auto question = record.take<TaskQuestion>();
        return yes(pool != nullptr && pool->cancel(question));
      }
      case Question::running: {
        const auto question = record.take<TaskQuestion>();
        return yes(pool != nullptr && pool->running(question));
      }
      case Question::request_stop: {
        const auto question = record.take<TaskQuestion>();
        if (pool != nullptr) pool->request_stop(question);
        return yes(true);
      }
      case Question::workers:
        return answer_with(
            head, [&](Encoder& out) { out.write(pool != nullptr ? pool->rows() : WorkerRows{}); });
    }
    throw std::runtime_error("rank 0 has asked what is no question");
  }

  void answer_yes(const RecordHead& head, bool yes) {
    answer_with(head, [yes](Encoder& out) { out.write(yes); });
  }

  // Waits for what runs.
  void end(std::unique_ptr<ServedPool> pool, std::function<void()> then) {
    const auto ended = std::make_shared<std::unique_ptr<ServedPool>>(std::move(pool));
    side_.begin(
        [ended, stops = (*ended)->stops()] {
          for (const auto& stop : stops) stop.wait();  // by them the workers end
          ended->reset();
        },
        [then = std::move(then)](const std::exception_ptr&) { then(); });
  }

  void open(const RecordHead& head, Record& record) {
    const auto made = std::make_shared<std::unique_ptr<ServedPool>>();
    const auto order = std::make_shared<PoolOrder>();
    try {
      Decoder in(record.payload.data(), record.payload.size(), &modules_);
      *order = in.read<PoolOrder>();
    } catch (const Error&) {
      return answer_opened(head, nullptr, std::current_exception());
    }
    side_.begin(
        [this, made, order, pool = head.pool] {
          *made = std::make_unique<ServedPool>(pool, *order, modules_, place_, bell_, *this);
        },
        [this, made, head](const std::exception_ptr& error) {
          answer_opened(head, std::move(*made), error);
        });
  }

  void answer_opened(const RecordHead& head, std::unique_ptr<ServedPool> pool,
                     const std::exception_ptr& error) {
    answer_with(head, [&](Encoder& out) {
      out.write(error == nullptr);
      if (error != nullptr) {
        encode_exception(with_place(error), out);
      } else {
        out.write(std::uint64_t{pool->workers()});
      }
    });
    if (pool != nullptr) pools_[head.pool] = std::move(pool);
  }

  std::exception_ptr with_place(const std::exception_ptr& error) const {
    try {
      std::rethrow_exception(error);
    } catch (const InvalidArgumentError& e) {
      return std::make_exception_ptr(InvalidArgumentError(place_ + e.what()));
    } catch (const Error& e) {
      return std::make_exception_ptr(Error(place_ + e.what()));
    } catch (...) {
      return error;
    }
  }

  bool collect() {
    bool any = false;
    for (const auto& [number, pool] : pools_) any |= pool->collect();
    return any;
  }

  // ResultSink

  std::byte* write(RecordHead head) override {
    if (out_.empty()) {
      out_.reuse(transport_.spare());
      begun_ns_ = monotonic_ns();
    }
    return out_.add(head);
  }
  void send_large(RelayTask& task) override {
    transport_.send_large(0, task.data(), task.size(), [&task] { task.drop(); });
    urgent_ = true;
  }
  void receive_large(std::byte* place, std::size_t size) override {
    bool received = false;
    transport_.receive_large(0, place, size, [&received] { received = true; });
    while (!received) go_on(false);
  }
  void receive_in_vain(std::size_t size) override { transport_.receive_in_vain(0, size); }

  bool flush(bool all) {
    if (out_.empty()) return false;
    const std::int64_t now = monotonic_ns();
    const bool due =
        all || urgent_ || out_.size() >= kFullBatch || now - begun_ns_ >= kBatchWaitsNs;
    if (!due) return false;
    urgent_ = false;
    if (stamp_) {
      const std::int64_t echo = stamp_->clock_ns + (now - stamp_->came_ns);
      out_.add({.kind = RecordKind::echo, .id = static_cast<std::uint64_t>(echo)});
      stamp_.reset();
    }
    transport_.send(0, out_.take());
    heartbeat_.sent(now);
    return true;
  }

  void rest() {
    const std::int64_t sleep_ns = back_off_.rest(transport_.moving());
    if (sleep_ns == 0) return cpu_relax();
    if (sleep_ns > kShortSleepNs) {
      for (const auto& [number, pool] : pools_) {
        if (!pool->watch_all()) return back_off_.worked();
      }
    }
    if (!bell_.about_to_sleep()) return;
    pollfd rung{bell_.fd(), POLLIN, 0};
    const timespec span{0, sleep_ns};
    ::ppoll(&rung, 1, &span, nullptr);
    if (bell_.awake()) back_off_.worked();
  }

  const ModuleTable modules_;
  Transport transport_;
  std::string place_;
  Bell bell_;
  SideWork side_{bell_};
  std::map<std::uint16_t, std::unique_ptr<ServedPool>> pools_;
  BatchWriter out_;
  std::int64_t begun_ns_ = 0;
  std::int64_t looked_ns_ = 0;
  std::int64_t received_ns_ = 0;  // when the present batch came
  struct Stamp {
    std::int64_t clock_ns;  // rank 0's
    std::int64_t came_ns;
  };
  std::optional<Stamp> stamp_;  // the latest, not given back
  bool urgent_ = false;
  bool leaving_ = false;
  BackOff back_off_;
  Heartbeat heartbeat_{kUsualSilenceNs};
};

}  // namespace

void serve_rank() {
  try {
    if (!ForkServer::here()) ForkServer::start();
    ::prctl(PR_SET_TIMERSLACK, 1000UL);
    // Not destroyed where it throws: its pools would wait for what runs.
    auto* const server = new RankServer;
    server->run();
    delete server;
  } catch (const std::exception& e) {
    give_up(e);
  }
  std::exit(EXIT_SUCCESS);
}

}  // namespace muster::detail
