#include "lib/mpi/rank_server.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <muster/codec.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/log.hpp>

#include "lib/codec/heap_region.hpp"
#include "lib/common/futex.hpp"
#include "lib/mpi/back_off.hpp"
#include "lib/mpi/served_pool.hpp"
#include "lib/mpi/transport.hpp"
#include "lib/start/fork_server.hpp"

namespace muster::detail {

namespace {

class RankServer final : public ResultSink {
 public:
  RankServer() : modules_(ForkServer::modules()) {}

  void run() {
    transport_.begin();
    place_ = "rank " + std::to_string(transport_.rank()) + " on " + Transport::host() + ": ";
    greet();
    while (!leaving_) {
      bool worked = receive();
      worked |= collect();
      worked |= flush(!worked);
      worked |= transport_.progress();
      if (worked) {
        back_off_.worked();
      } else {
        rest();
      }
    }
    pools_.clear();
    transport_.end();
  }

 private:
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
    for_each_record(batch, [this](Record& record) { take(record); });
    return true;
  }

  void take(Record& record) {
    switch (record.head.kind) {
      case RecordKind::task:
      case RecordKind::noted_task:
        if (ServedPool* const pool = find(record.head.pool)) pool->submit(record);
        return;
      case RecordKind::ask: return answer(record);
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
    const auto yes = [&](bool answer) {
      answer_with(head, [&](Encoder& out) { out.write(answer); });
    };
    switch (what) {
      case Question::open_pool: return open(head, record);
      case Question::end_pool: pools_.erase(head.pool); return yes(true);
      case Question::stop_pool: {
        const auto signal = record.take<std::uint32_t>();
        if (pool != nullptr) pool->stop_workers(static_cast<int>(signal));
        return yes(true);
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

  void open(const RecordHead& head, Record& record) {
    std::exception_ptr error;
    std::uint64_t workers = 0;
    try {
      Decoder in(record.payload.data(), record.payload.size(), &modules_);
      auto pool = std::make_unique<ServedPool>(head.pool, in.read<PoolOrder>(), modules_, place_,
                                               bell_, *this);
      workers = pool->workers();
      pools_[head.pool] = std::move(pool);
    } catch (const InvalidArgumentError& e) {
      error = std::make_exception_ptr(InvalidArgumentError(place_ + e.what()));
    } catch (const Error& e) {
      error = std::make_exception_ptr(Error(place_ + e.what()));
    } catch (...) {
      error = std::current_exception();
    }
    answer_with(head, [&](Encoder& out) {
      out.write(error == nullptr);
      if (error != nullptr) {
        encode_exception(error, out);
      } else {
        out.write(workers);
      }
    });
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
    while (!received) {
      bool worked = transport_.progress();
      worked |= collect();
      flush(!worked);
      if (worked) continue;
      const timespec pause{0, BackOff::kShortestNs};
      ::nanosleep(&pause, nullptr);  // MPI has nothing to sleep on
    }
  }

  bool flush(bool all) {
    if (out_.empty()) return false;
    const bool due =
        all || urgent_ || out_.size() >= kFullBatch || monotonic_ns() - begun_ns_ >= kBatchWaitsNs;
    if (!due) return false;
    urgent_ = false;
    transport_.send(0, out_.take());
    return true;
  }

  void rest() {
    const std::int64_t sleep_ns = back_off_.rest();
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
  std::map<std::uint16_t, std::unique_ptr<ServedPool>> pools_;
  BatchWriter out_;
  std::int64_t begun_ns_ = 0;
  bool urgent_ = false;
  bool leaving_ = false;
  BackOff back_off_;
};

}  // namespace

void serve_rank() {
  int status = EXIT_SUCCESS;
  try {
    if (!ForkServer::here()) ForkServer::start();
    ::prctl(PR_SET_TIMERSLACK, 1000UL);
    RankServer server;
    server.run();
  } catch (const std::exception& e) {
    log(LogLevel::error, std::string("this rank of an MPI job cannot serve: ") + e.what());
    status = EXIT_FAILURE;
  }
  std::exit(status);
}

}  // namespace muster::detail
