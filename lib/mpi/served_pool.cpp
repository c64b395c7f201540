#include "lib/mpi/served_pool.hpp"

#include <signal.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>

#include <muster/codec.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/error.hpp>

#include "lib/codec/heap_region.hpp"
#include "lib/mpi/type_codes.hpp"

namespace muster::detail {

namespace {

// Tasks in a row that are found unfinished before the look is given up.
constexpr std::size_t kPatience = 16;

}  // namespace

ServedPool::ServedPool(std::uint16_t number, const PoolOrder& order, const ModuleTable& modules,
                       std::string place, Bell& bell, ResultSink& sink)
    : number_(number), modules_(modules), place_(std::move(place)), bell_(bell), sink_(sink) {
  const ProcessPoolOptions options = order.options();
  core_ = std::make_shared<ProcessCore>(options);
  core_->start(options);
}

ServedPool::~ServedPool() {
  core_->close(true);
  core_->finish();
  for (RelayTask* task : active_) task->drop();
}

const TaskType& ServedPool::type_of(TypeCode code) {
  if (code != last_code_) {
    const TaskType*& known = types_[code];
    if (known == nullptr) known = &type_of_code(code, modules_);
    last_code_ = code;
    last_type_ = known;
  }
  return *last_type_;
}

RelayTask& ServedPool::begin(const RecordHead& head, const TaskType& type, bool chunk) {
  const auto index = static_cast<std::uint32_t>(head.id);
  if (index >= by_index_.size()) by_index_.resize(std::max<std::size_t>(index + 1, 256));
  active_.reserve(active_.size() + 1);
  const bool recallable = (head.flags & kRecallable) != 0;
  auto* const task = new_state<RelayTask>(head.id, type, chunk, recallable, bell_);
  by_index_[index] = task;
  return *task;
}

RelayTask* ServedPool::find(std::uint64_t number) const {
  const auto index = static_cast<std::uint32_t>(number);
  RelayTask* const task = index < by_index_.size() ? by_index_[index] : nullptr;
  return task != nullptr && task->number() == number ? task : nullptr;
}

// Arguments on their way from a message to where the workers read them.
struct ServedPool::Arrived {
  ResultSink& sink;
  std::span<const std::byte> bytes;
  std::size_t large = 0;
  bool received = false;

  static void encode(Encoder& out, void* context) {
    auto& self = *static_cast<Arrived*>(context);
    if (self.large == 0) return out.write(self.bytes.data(), self.bytes.size());
    std::byte* const place = out.extend(self.large);
    self.received = true;
    self.sink.receive_large(place, self.large);
  }
};

void ServedPool::submit(Record& record) {
  const std::uint64_t number = record.head.id;
  if (record.head.kind == RecordKind::task) {
    const auto code = record.take<TypeCode>();
    const std::span<const std::byte> bytes = record.payload;
    try {
      const TaskType& type = type_of(code);
      RelayTask& task = begin(record.head, type, false);
      try {
        if (bytes.size() <= TravelBackend::kSmallTask) {
          core_->submit_small(task, type, bytes.data(), bytes.size());
        } else {
          Arrived arrived{sink_, bytes};
          TaskSpec spec;
          spec.type = &type;
          spec.size_hint = bytes.size();
          spec.encode = &Arrived::encode;
          spec.context = &arrived;
          core_->submit(task, spec);
        }
        active_.push_back(&task);
      } catch (...) {
        refuse(task, std::current_exception());
      }
    } catch (const EncodingError&) {
      send_error(number, std::current_exception());
    }
    return;
  }
  const auto noted = record.take<NotedTask>();
  const std::string_view name(reinterpret_cast<const char*>(record.payload.data()),
                              noted.name_size);
  record.payload = record.payload.subspan(padded(noted.name_size));
  const bool is_large = (record.head.flags & kFollows) != 0;
  Arrived arrived{sink_, record.payload};
  if (is_large) arrived.large = record.take<std::uint64_t>();
  const auto receive_in_vain = [&] {
    if (!is_large || arrived.received) return;
    std::vector<std::byte> nowhere(arrived.large);
    sink_.receive_large(nowhere.data(), nowhere.size());
  };
  try {
    const TaskType& type = type_of(noted.type);
    RelayTask& task = begin(record.head, type, noted.items != 0);
    TaskOptions options;
    options.name = name;
    options.retries = noted.retries;
    options.task_timeout = std::chrono::nanoseconds(noted.timeout_ns);
    TaskSpec spec;
    spec.type = &type;
    spec.options = &options;
    spec.size_hint = is_large ? arrived.large : record.payload.size();
    spec.encode = &Arrived::encode;
    spec.context = &arrived;
    spec.chunk.items = noted.items;
    try {
      core_->submit(task, spec);
      active_.push_back(&task);
    } catch (...) {
      const std::exception_ptr error = std::current_exception();
      receive_in_vain();
      refuse(task, error);
    }
  } catch (const EncodingError&) {
    const std::exception_ptr error = std::current_exception();
    receive_in_vain();
    send_error(number, error);
  }
}

// The pool did not take it.
void ServedPool::refuse(RelayTask& task, const std::exception_ptr& error) {
  send_error(task.number(), error);
  by_index_[static_cast<std::uint32_t>(task.number())] = nullptr;
  task.drop();
}

bool ServedPool::collect() {
  std::size_t kept = 0;
  std::size_t looked = 0;
  for (std::size_t missed = 0; looked < active_.size() && missed < kPatience; ++looked) {
    RelayTask* const task = active_[looked];
    if (!task->poll_done()) {
      active_[kept++] = task;
      ++missed;
      continue;
    }
    missed = 0;
    send_end(*task);
  }
  if (kept == looked) return false;
  active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(kept),
                active_.begin() + static_cast<std::ptrdiff_t>(looked));
  return true;
}

// Those too that are behind many that run.
void ServedPool::collect_all() {
  std::erase_if(active_, [this](RelayTask* task) {
    if (!task->poll_done()) return false;
    send_end(*task);
    return true;
  });
}

bool ServedPool::watch_all() {
  bool none_ended = true;
  for (RelayTask* task : active_) none_ended &= task->watch();
  if (!none_ended) collect_all();
  return none_ended;
}

void ServedPool::send_end(RelayTask& task) {
  by_index_[static_cast<std::uint32_t>(task.number())] = nullptr;
  RecordHead head{.pool = number_, .id = task.number()};
  if (task.phase() == Phase::cancelled) {
    head.kind = task.is_recalled() ? RecordKind::returned : RecordKind::cancelled;
    sink_.write(head);
    return task.drop();
  }
  if (task.data() == nullptr) {
    send_error(task.number(), task.error());
    return task.drop();
  }
  head.kind = task.phase() == Phase::succeeded ? RecordKind::value : RecordKind::exception;
  std::optional<double> seconds;
  if (task.is_chunk()) seconds = core_->seconds_per_item(task.type());
  const bool is_large = task.size() >= kLargePayload;
  const std::size_t inside = is_large ? sizeof(std::uint64_t) : task.size();
  head.flags = static_cast<std::uint8_t>((seconds ? kMeasured : 0) | (is_large ? kFollows : 0));
  head.size = static_cast<std::uint32_t>((seconds ? sizeof(double) : 0) + inside);
  std::byte* place = sink_.write(head);
  if (seconds) {
    std::memcpy(place, &*seconds, sizeof(double));
    place += sizeof(double);
  }
  if (is_large) {
    const std::uint64_t size = task.size();
    std::memcpy(place, &size, sizeof(size));
    return sink_.send_large(task);
  }
  if (task.size() != 0) std::memcpy(place, task.data(), task.size());
  task.drop();
}

// The same error, which says where it happened.
std::exception_ptr ServedPool::with_place(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const WorkerDiedError& e) {
    return std::make_exception_ptr(WorkerDiedError(place_ + e.what(), e.death()));
  } catch (const BrokenProcessPool& e) {
    return std::make_exception_ptr(BrokenProcessPool(place_ + e.what(), e.death()));
  } catch (const TaskTimeoutError& e) {
    return std::make_exception_ptr(TaskTimeoutError(place_ + e.what()));
  } catch (const EncodingError& e) {
    return std::make_exception_ptr(EncodingError(place_ + e.what()));
  } catch (...) {
    return std::current_exception();
  }
}

void ServedPool::send_error(std::uint64_t number, const std::exception_ptr& error) {
  const std::exception_ptr placed = with_place(error);
  HeapRegion region;
  Encoder out(nullptr, nullptr, &region, &modules_);
  encode_exception(placed, out);
  bool breaks = false;
  try {
    std::rethrow_exception(placed);
  } catch (const BrokenExecutor&) {
    breaks = true;
  } catch (...) {
    // The task's own.
  }
  const auto write = [&](RecordKind kind) {
    std::byte* const place = sink_.write({.size = static_cast<std::uint32_t>(out.size()),
                                          .kind = kind,
                                          .pool = number_,
                                          .id = number});
    std::memcpy(place, out.data(), out.size());
  };
  if (breaks && !std::exchange(broke_, true)) write(RecordKind::broke);
  write(RecordKind::exception);
}

bool ServedPool::cancel(const TaskQuestion& question) {
  RelayTask* const task = find(question.task);
  if (task == nullptr) return false;
  const bool cancelled = task->cancel(question.kill != 0 ? CancelMode::kill : CancelMode::pending);
  collect_all();  // rank 0 is to hear of it before it hears the answer
  return cancelled;
}

void ServedPool::recall(std::uint64_t most) {
  for (std::size_t i = active_.size(); i-- > 0 && most > 0;) {
    if (active_[i]->recall()) --most;
  }
  collect_all();
  sink_.write({.kind = RecordKind::recalled, .pool = number_});
}

bool ServedPool::running(const TaskQuestion& question) const {
  const RelayTask* const task = find(question.task);
  return task != nullptr && task->running();
}

void ServedPool::request_stop(const TaskQuestion& question) {
  if (RelayTask* const task = find(question.task)) task->request_stop();
}

void ServedPool::stop_workers(int signal) {
  broke_ = true;  // rank 0 knows
  core_->stop_workers(signal);
  collect_all();
}

WorkerRows ServedPool::rows() const {
  const PoolStats stats = core_->stats();
  WorkerRows rows;
  rows.deaths = stats.deaths;
  rows.restarts = stats.restarts;
  rows.requeued = stats.requeued;
  rows.running = stats.running;
  rows.shared_memory_bytes = stats.shared_memory_bytes;
  for (const WorkerStats& worker : stats.workers) {
    rows.rows.push_back({.pid = worker.pid,
                         .state = static_cast<std::uint32_t>(worker.state),
                         .task_name = worker.task_name,
                         .tasks_done = worker.tasks_done,
                         .tasks_failed = worker.tasks_failed,
                         .parks = worker.parks,
                         .deaths = worker.deaths,
                         .rss_bytes = worker.rss_bytes,
                         .max_rss_bytes = worker.max_rss_bytes,
                         .cpu_time_ns = worker.cpu_time.nanoseconds(),
                         .age_ns = worker.age.nanoseconds()});
  }
  return rows;
}

}  // namespace muster::detail
