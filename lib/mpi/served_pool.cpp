#include "lib/mpi/served_pool.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>

#include <muster/codec.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/error.hpp>

#include "lib/codec/heap_region.hpp"
#include "lib/mpi/kept_memory.hpp"
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
  if (active_.size() == active_.capacity()) {
    active_.reserve(std::max<std::size_t>(64, 2 * active_.size()));
  }
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

// A task on its way from a message to where the workers read its arguments.
struct ServedPool::Arrived {
  ResultSink& sink;
  RecordHead head;
  TypeCode code = 0;
  NotedTask noted = {};        // of one with notes
  std::string_view name = {};  // likewise
  std::span<const std::byte> bytes = {};
  std::size_t large = 0;  // bytes that follow in messages of their own, in place of `bytes`
  bool received = false;  // they have come

  static Arrived of(ResultSink& sink, Record& record) {
    Arrived arrived{.sink = sink, .head = record.head};
    if (record.head.kind == RecordKind::task) {
      arrived.code = record.take<TypeCode>();
    } else {
      arrived.noted = record.take<NotedTask>();
      arrived.code = arrived.noted.type;
      arrived.name = {reinterpret_cast<const char*>(record.payload.data()),
                      arrived.noted.name_size};
      record.payload = record.payload.subspan(padded(arrived.noted.name_size));
      if ((record.head.flags & kFollows) != 0) arrived.large = record.take<std::uint64_t>();
    }
    arrived.bytes = record.payload;
    return arrived;
  }

  bool has_notes() const { return head.kind == RecordKind::noted_task; }
  std::size_t size() const { return large != 0 ? large : bytes.size(); }
  // More than what a slot has room for.
  bool needs_memory() const { return size() > TravelBackend::kSmallTask || noted.items != 0; }
  bool is_small() const {
    return !has_notes() && large == 0 && bytes.size() <= TravelBackend::kSmallTask;
  }

  static void encode(Encoder& out, void* context) {
    auto& self = *static_cast<Arrived*>(context);
    if (self.large == 0) return out.write(self.bytes.data(), self.bytes.size());
    std::byte* const place = out.extend(self.large);
    self.received = true;
    self.sink.receive_large(place, self.large);
  }
  void receive_in_vain() {
    if (large != 0 && !std::exchange(received, true)) sink.receive_in_vain(large);
  }
};

// One that waits for memory: the thread that talks MPI cannot.
struct ServedPool::Waiting {
  RecordHead head;
  TypeCode code = 0;
  NotedTask noted;
  std::string name;
  std::byte* bytes = nullptr;
  std::size_t size = 0;
  bool is_to_stop = false;

  explicit Waiting(const Arrived& arrived)
      : head(arrived.head),
        code(arrived.code),
        noted(arrived.noted),
        name(arrived.name),
        bytes(take_memory(arrived.size())),
        size(arrived.size()) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { give_memory(bytes); }

  Arrived as_arrived(ResultSink& sink) const {
    Arrived arrived{.sink = sink, .head = head};
    arrived.code = code;
    arrived.noted = noted;
    arrived.name = name;
    arrived.bytes = {bytes, size};
    return arrived;
  }
};

void ServedPool::submit(Record& record) {
  Arrived arrived = Arrived::of(sink_, record);
  // Rank 0 ends it with all the others.
  if (told_) return arrived.receive_in_vain();
  const bool waits =
      arrived.needs_memory() && (!waiting_.empty() || !core_->has_memory_for(arrived.size()));
  if (waits) return let_wait(arrived);
  submit(arrived);
}

void ServedPool::let_wait(Arrived& arrived) {
  auto waiting = std::make_unique<Waiting>(arrived);
  if (waiting->bytes == nullptr) {
    arrived.receive_in_vain();
    return send_error(arrived.head.id,
                      std::make_exception_ptr(EncodingError(
                          "there is no memory for the " + std::to_string(arrived.size()) +
                          " bytes of a task's arguments, which wait until max_shared_memory lets "
                          "them in")));
  }
  if (arrived.large != 0) {
    sink_.receive_large(waiting->bytes, arrived.large);
  } else {
    std::memcpy(waiting->bytes, arrived.bytes.data(), arrived.bytes.size());
  }
  waiting_.push_back(std::move(waiting));
}

// True if one that has waited waits no more.
bool ServedPool::submit_waiting() {
  bool any = false;
  while (!waiting_.empty() && !submits_ && !told_ &&
         core_->has_memory_for(waiting_.front()->size)) {
    const std::unique_ptr<Waiting> first = std::move(waiting_.front());
    waiting_.pop_front();
    Arrived arrived = first->as_arrived(sink_);
    submit(arrived);
    RelayTask* const task = first->is_to_stop ? find(first->head.id) : nullptr;
    if (task != nullptr) task->request_stop();
    any = true;
  }
  return any;
}

void ServedPool::submit(Arrived& arrived) {
  try {
    const TaskType& type = type_of(arrived.code);
    RelayTask& task = begin(arrived.head, type, arrived.noted.items != 0);
    try {
      give(task, type, arrived);
      active_.push_back(&task);
    } catch (...) {
      const std::exception_ptr error = std::current_exception();
      arrived.receive_in_vain();
      refuse(task, error);
    }
  } catch (const EncodingError&) {
    const std::exception_ptr error = std::current_exception();
    arrived.receive_in_vain();
    send_error(arrived.head.id, error);
  }
}

void ServedPool::give(RelayTask& task, const TaskType& type, Arrived& arrived) {
  if (arrived.is_small()) {
    core_->submit_small(task, type, arrived.bytes.data(), arrived.bytes.size());
    return;
  }
  TaskOptions options;
  TaskSpec spec;
  spec.type = &type;
  spec.size_hint = arrived.size();
  spec.encode = &Arrived::encode;
  spec.context = &arrived;
  if (arrived.has_notes()) {
    options.name = arrived.name;
    options.retries = arrived.noted.retries;
    options.task_timeout = std::chrono::nanoseconds(arrived.noted.timeout_ns);
    spec.options = &options;
    spec.chunk.items = arrived.noted.items;
  }
  // While large arguments are received results go on, and one that waits is not to come in between.
  submits_ = true;
  try {
    core_->submit(task, spec);
  } catch (...) {
    submits_ = false;
    throw;
  }
  submits_ = false;
}

// The pool did not take it.
void ServedPool::refuse(RelayTask& task, const std::exception_ptr& error) {
  send_error(task.number(), error);
  by_index_[static_cast<std::uint32_t>(task.number())] = nullptr;
  task.drop();
}

bool ServedPool::collect() {
  bool any = submit_waiting();
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
  if (kept != looked) {
    active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(kept),
                  active_.begin() + static_cast<std::ptrdiff_t>(looked));
    any = true;
  }
  if (why_broken_ != nullptr && !told_) collect_all();
  return any;
}

// Those too that are behind many that run.
void ServedPool::collect_all() {
  std::erase_if(active_, [this](RelayTask* task) {
    if (!task->poll_done()) return false;
    send_end(*task);
    return true;
  });
  tell_if_broken();
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
  try {
    std::rethrow_exception(placed);
  } catch (const BrokenExecutor&) {
    why_broken_ = placed;  // told by collect()
  } catch (...) {
    // The task's own.
  }
  write_error(RecordKind::exception, number, placed);
}

// The task, off the list of those that wait; null: it is not there.
std::unique_ptr<ServedPool::Waiting> ServedPool::take_waiting(std::uint64_t number) {
  const auto found = std::ranges::find_if(
      waiting_, [number](const auto& waiting) { return waiting->head.id == number; });
  if (found == waiting_.end()) return nullptr;
  std::unique_ptr<Waiting> waiting = std::move(*found);
  waiting_.erase(found);
  return waiting;
}

bool ServedPool::cancel(const TaskQuestion& question) {
  if (take_waiting(question.task) != nullptr) {
    sink_.write({.kind = RecordKind::cancelled, .pool = number_, .id = question.task});
    return true;
  }
  RelayTask* const task = find(question.task);
  if (task == nullptr) return false;
  const bool cancelled = task->cancel(question.kill != 0 ? CancelMode::kill : CancelMode::pending);
  collect_all();  // rank 0 is to hear of it before it hears the answer
  return cancelled;
}

void ServedPool::recall(std::uint64_t most) {
  std::uint64_t given = 0;
  for (std::size_t i = waiting_.size(); i-- > 0 && given < most;) {
    const RecordHead head = waiting_[i]->head;
    if ((head.flags & kRecallable) == 0) continue;
    sink_.write({.kind = RecordKind::returned, .pool = number_, .id = head.id});
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    ++given;
  }
  for (std::size_t i = active_.size(); i-- > 0 && given < most;) {
    if (active_[i]->recall()) ++given;
  }
  collect_all();
  sink_.write({.kind = RecordKind::recalled, .pool = number_, .id = given});
}

bool ServedPool::running(const TaskQuestion& question) const {
  const RelayTask* const task = find(question.task);
  return task != nullptr && task->running();
}

void ServedPool::request_stop(const TaskQuestion& question) {
  for (const auto& waiting : waiting_) {
    if (waiting->head.id == question.task) waiting->is_to_stop = true;
  }
  if (RelayTask* const task = find(question.task)) task->request_stop();
}

std::function<void()> ServedPool::stopping(int signal) {
  told_ = true;  // by rank 0
  const auto stopped = std::make_shared<std::promise<void>>();
  stops_.push_back(stopped->get_future());
  return [core = core_, stopped, signal] {
    core->stop_workers(signal);
    stopped->set_value();
  };
}

bool ServedPool::look_whether_broken() {
  const std::exception_ptr why = told_ ? nullptr : core_->why_broken();
  if (why == nullptr) return false;
  why_broken_ = with_place(why);
  collect_all();
  return true;
}

// Behind all that has ended: rank 0 fails what it has not heard of by then.
void ServedPool::tell_if_broken() {
  if (why_broken_ == nullptr || std::exchange(told_, true)) return;
  write_error(RecordKind::broke, 0, why_broken_);
}

void ServedPool::pass_over(Record& record, ResultSink& sink) {
  Arrived::of(sink, record).receive_in_vain();
}

void ServedPool::write_error(RecordKind kind, std::uint64_t number,
                             const std::exception_ptr& error) {
  HeapRegion region;
  Encoder out(nullptr, nullptr, &region, &modules_);
  encode_exception(error, out);
  std::byte* const place = sink_.write({.size = static_cast<std::uint32_t>(out.size()),
                                        .kind = kind,
                                        .pool = number_,
                                        .id = number});
  std::memcpy(place, out.data(), out.size());
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
