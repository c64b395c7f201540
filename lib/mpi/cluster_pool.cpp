#include "lib/mpi/cluster_pool.hpp"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <span>
#include <utility>

#include <muster/codec.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/detail/task_context.hpp>

#include "lib/codec/heap_region.hpp"
#include "lib/common/fork_guard.hpp"
#include "lib/common/pool_name.hpp"
#include "lib/mpi/argument_bytes.hpp"
#include "lib/mpi/kept_memory.hpp"
#include "lib/mpi/pool_order.hpp"
#include "lib/mpi/type_codes.hpp"
#include "lib/start/task_offer.hpp"

namespace muster::detail {

namespace {

void check_options(const TaskOptions& options) {
  if (options.task_timeout.nanoseconds() < 0) {
    throw InvalidArgumentError("task_timeout is negative; give a time to run, or 0 for no limit");
  }
  if (options.retries > 1'000'000) {
    throw InvalidArgumentError("retries is " + std::to_string(options.retries) +
                               "; at most 1000000 make sense");
  }
}

std::exception_ptr no_memory_for(std::size_t size) {
  return std::make_exception_ptr(
      EncodingError("rank 0 has no memory for a result of " + std::to_string(size) + " bytes"));
}

}  // namespace

std::shared_ptr<MpiPool> make_cluster_pool(const ProcessPoolOptions& options) {
  auto pool = std::make_shared<ClusterPool>(options);
  pool->start(options);
  return pool;
}

ClusterPool::ClusterPool(const ProcessPoolOptions& options)
    : name_(pool_name(options.name)),
      max_pending_(options.max_pending),
      fork_generation_(fork_generation()),
      conductor_(Conductor::instance()),
      source_(ClusterSource::take()),
      callbacks_(CallbackRunner::take("muster-callback")) {}

ClusterPool::~ClusterPool() {
  if (usable_here()) source_.give_back();
}

void ClusterPool::start(const ProcessPoolOptions& options) {
  if (options.on_unwind > OnUnwind::kill) {
    throw InvalidArgumentError("on_unwind is none of the values that there are");
  }
  if (options.max_pending > std::size_t{1} << 40) {
    throw InvalidArgumentError("max_pending counts tasks; 0: no limit");
  }
  conductor_.end_at_exit();
  conductor_.start();
  modules_ = conductor_.modules();
  code_moves_ = modules_.code_moves();
  shares_.resize(conductor_.peers().size());
  HeapRegion region;
  Encoder out(nullptr, nullptr, &region);
  out.write(PoolOrder::of(options, name_, modules_));
  source_.adopt(shared_from_this(), callbacks_);
  number_ = conductor_.add(shared_from_this());
  try {
    const auto answers = ask_all(Question::open_pool, {out.data(), out.data() + out.size()});
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const std::string place = conductor_.peers()[i].place();
      if (!answers[i]) throw Error("pool \"" + name_ + "\" cannot be made: " + place + " is lost");
      Decoder in(answers[i]->data(), answers[i]->size());
      if (in.read<bool>()) {
        shares_[i].workers = in.read<std::uint64_t>();
        workers_ += shares_[i].workers;
        continue;
      }
      std::rethrow_exception(decode_exception(in));
    }
  } catch (...) {
    ask_all(Question::end_pool, {});
    conductor_.remove(number_);
    callbacks_.stop();
    ended_all_ = true;
    throw;
  }
}

bool ClusterPool::usable_here() const { return fork_generation() == fork_generation_; }

void ClusterPool::check_caller() const {
  if (usable_here()) [[likely]]
    return;
  throw InvalidStateError("pool \"" + name_ +
                          "\" was used in another process than rank 0's own, which made it");
}

// True if a task may be taken now; false if it would have to wait and must not.
bool ClusterPool::admit(Lock& lock, bool blocking) {
  while (true) {
    if (life_ == Life::broken) throw BrokenProcessPool(*broken_);
    if (life_ == Life::closed) {
      throw ShutdownError("cannot submit to pool \"" + name_ + "\" after its shutdown");
    }
    if (max_pending_ == 0 || unfinished_ < max_pending_ || CallbackRunner::in_callback()) {
      return true;
    }
    if (!blocking) return false;
    ++waiting_;
    ended_.wait(lock);
    --waiting_;
  }
}

TypeCode ClusterPool::code_of(const TaskType& type) {
  const std::uint32_t index = type.index();
  if (index >= types_.size()) types_.resize(index + 1);
  TypeCode& code = types_[index].code;
  if (code == 0) code = type_code(type, modules_);
  return code;
}

void ClusterPool::enqueue(StateBase& state, std::uint32_t index) {
  state.set_source(&source_, tasks_.number(index));
  state.hold();
  tasks_.at(index).place = TaskPlace::queued;
  queue_.push_back(index);
  ++unfinished_;
  ++submitted_;
}

bool ClusterPool::submit_small(StateBase& state, const TaskType& type, const std::byte* bytes,
                               std::size_t size) {
  check_caller();
  {
    Lock lock(mutex_);
    admit(lock, true);
    if (type.begins_with_code) {
      FunctionCode function = 0;
      std::memcpy(&function, bytes, sizeof(function));
      if (is_named(function)) throw_no_modules(function, name_);
      modules_.check(function);
    }
    const TypeCode code = code_of(type);
    const std::uint32_t index = tasks_.take();
    ClusterTask& task = tasks_.at(index);
    task.state = &state;
    task.type = &type;
    task.code = code;
    task.size = size;
    std::memcpy(task.bytes, bytes, kSmallTask);  // whatever its size: one copy without a branch
    enqueue(state, index);
  }
  conductor_.wake();
  return true;
}

bool ClusterPool::submit(StateBase& state, TaskSpec& spec) {
  check_caller();
  std::unique_ptr<TaskNotes> notes;
  if (spec.options != nullptr) {
    check_options(*spec.options);
    notes = std::make_unique<TaskNotes>();
    notes->name = spec.options->name;
    notes->retries = spec.options->retries;
    notes->timeout_ns = spec.options->task_timeout.nanoseconds();
  }
  if (!spec.blocking) {
    // Before the work of encoding; asked again below.
    Lock lock(mutex_);
    if (!admit(lock, false)) return false;
  }
  ArgumentBytes buffer(spec.size_hint);
  Encoder out(buffer.begin(), buffer.end(), &buffer, &modules_);
  spec.encode(out, spec.context);
  if (spec.type->begins_with_code) {
    FunctionCode function = 0;
    std::memcpy(&function, out.data(), sizeof(function));
    if (is_named(function)) throw_no_modules(function, name_);
  }
  if (spec.chunk.items != 0) {
    if (!notes) notes = std::make_unique<TaskNotes>();
    notes->items = spec.chunk.items;
  }
  {
    Lock lock(mutex_);
    if (!admit(lock, spec.blocking)) return false;
    const TypeCode code = code_of(*spec.type);
    const std::uint32_t index = tasks_.take();
    ClusterTask& task = tasks_.at(index);
    task.state = &state;
    task.type = spec.type;
    task.code = code;
    task.size = out.size();
    if (out.size() <= ClusterTask::kInline) {
      std::memcpy(task.bytes, out.data(), out.size());
    } else {
      task.heap = buffer.take(out.size());
    }
    task.notes = std::move(notes);
    enqueue(state, index);
  }
  conductor_.wake();
  return true;
}

std::optional<double> ClusterPool::seconds_per_item(const TaskType& type) const {
  const Lock lock(mutex_);
  const std::uint32_t index = type.index();
  if (index >= types_.size() || !types_[index].timed) return std::nullopt;
  return types_[index].seconds_per_item;
}

std::string ClusterPool::name_of(const ClusterTask& task) const {
  if (task.notes && !task.notes->name.empty()) return task.notes->name;
  return std::string(task.type->name());
}

std::string ClusterPool::task_name(const StateBase& state) {
  const Lock lock(mutex_);
  const ClusterTask* const task = tasks_.find(state.task());
  return task != nullptr ? name_of(*task) : std::string();
}

// --- on MPI's thread -------------------------------------------------------------------------

bool ClusterPool::feed(std::vector<Peer>& peers) {
  const Lock lock(mutex_);
  if (life_ == Life::broken) return false;
  if (queue_.empty()) return unfinished_ != 0 && recall(peers);
  const std::int64_t now = monotonic_ns();
  bool any = false;
  while (!queue_.empty()) {
    const std::uint32_t index = queue_.front();
    ClusterTask& task = tasks_.at(index);
    if (task.state == nullptr) {  // cancelled
      tasks_.give_back(index);
      queue_.pop_front();
      continue;
    }
    const auto to = choose(task.size, peers);
    if (!to) break;
    queue_.pop_front();
    give(index, peers[*to], *to, now);
    any = true;
  }
  return any;
}

// Where some workers have nothing to do and others' ranks have long tasks waiting behind those that
// run, these come back to the queue as far as they can.
bool ClusterPool::recall(std::vector<Peer>& peers) {
  const std::int64_t now = monotonic_ns();
  if (now - recall_look_ns_ < Share::kAheadNs / 2) return false;
  recall_look_ns_ = now;
  bool some_are_idle = false;
  for (std::size_t i = 0; i < shares_.size() && !some_are_idle; ++i) {
    some_are_idle = !peers[i].lost && shares_[i].has_idle_workers();
  }
  if (!some_are_idle) return false;
  bool any = false;
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    Share& share = shares_[i];
    if (peers[i].lost || share.recalls || !share.is_stuck(now)) continue;
    share.recalls = any = true;
    const std::uint64_t most = share.sent - share.workers;
    std::byte* const place = conductor_.write(
        peers[i], {.size = sizeof(most), .kind = RecordKind::recall, .pool = number_}, true);
    std::memcpy(place, &most, sizeof(most));
  }
  if (any) {
    for (Share& share : shares_) share.forget();
  }
  return any;
}

void ClusterPool::take_returned(std::uint64_t number, ClusterTask& task) {
  if (cancels_all_) {
    StateBase* const state = end_task(number, task, End::cancelled);
    if (state != nullptr) state->complete_cancelled();
    return;
  }
  shares_[task.peer].take_back(task.size);
  task.place = TaskPlace::queued;
  ++task.returns;
  queue_.push_front(static_cast<std::uint32_t>(number));
}

// A rank with a worker that has nothing to do; else one that has room, for several in a row.
std::optional<std::size_t> ClusterPool::choose(std::size_t size, const std::vector<Peer>& peers) {
  const std::size_t count = shares_.size();
  std::optional<std::size_t> room;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (next_ + i) % count;
    if (peers[at].lost) continue;
    if (shares_[at].has_idle_workers()) {
      next_ = at + 1;
      return at;
    }
    // The one with the least ahead for each of its workers.
    if (shares_[at].has_room(size) && (!room || shares_[at].sent * shares_[*room].workers <
                                                    shares_[*room].sent * shares_[at].workers)) {
      room = at;
    }
  }
  return room;
}

void ClusterPool::give(std::uint32_t index, Peer& peer, std::size_t to, std::int64_t now_ns) {
  ClusterTask& task = tasks_.at(index);
  const bool is_to_stop = task.state->stop_requested();
  write(index, task, peer, to, now_ns);
  if (!is_to_stop) return;
  const TaskQuestion question{.task = tasks_.number(index)};
  conductor_.ask(peer, number_, Question::request_stop, std::as_bytes(std::span(&question, 1)),
                 std::make_shared<Reply>());
}

void ClusterPool::write(std::uint32_t index, ClusterTask& task, Peer& peer, std::size_t to,
                        std::int64_t now_ns) {
  const std::uint64_t number = tasks_.number(index);
  // A worker waits for it.
  const bool urgent = shares_[to].has_idle_workers();
  shares_[to].give(task.size, now_ns);
  task.place = TaskPlace::sent;
  task.peer = static_cast<std::uint32_t>(to);
  const bool is_large = task.size >= kLargePayload;
  const bool is_kept = task.size <= ClusterTask::kKept;
  RecordHead head{.pool = number_, .id = number};
  if (is_kept) head.flags = kRecallable;
  if (!task.notes && !is_large) {
    head.kind = RecordKind::task;
    head.size = static_cast<std::uint32_t>(sizeof(task.code) + task.size);
    std::byte* const place = conductor_.write(peer, head, urgent);
    std::memcpy(place, &task.code, sizeof(task.code));
    std::memcpy(place + sizeof(task.code), task.data(), task.size);
    if (!is_kept) task.drop_bytes();
    return;
  }
  NotedTask noted{.type = task.code};
  std::string_view name;
  if (task.notes) {
    noted.items = task.notes->items;
    noted.retries = task.notes->retries;
    noted.timeout_ns = task.notes->timeout_ns;
    name = task.notes->name;
  }
  noted.name_size = static_cast<std::uint32_t>(name.size());
  const std::size_t inside = is_large ? sizeof(std::uint64_t) : task.size;
  head.kind = RecordKind::noted_task;
  if (is_large) head.flags = kFollows;
  head.size = static_cast<std::uint32_t>(sizeof(noted) + padded(name.size()) + inside);
  std::byte* place = conductor_.write(peer, head, urgent || is_large);
  std::memcpy(place, &noted, sizeof(noted));
  place += sizeof(noted);
  if (!name.empty()) std::memcpy(place, name.data(), name.size());
  place += padded(name.size());
  if (!is_large) {
    std::memcpy(place, task.data(), task.size);
    if (!is_kept) task.drop_bytes();
    return;
  }
  const std::uint64_t size = task.size;
  std::memcpy(place, &size, sizeof(size));
  std::byte* const bytes = std::exchange(task.heap, nullptr);
  conductor_.transport().send_large(peer.rank, bytes, task.size, [bytes] { give_memory(bytes); });
}

void ClusterPool::begin_results(Peer&, std::int64_t) { results_ = 0; }

void ClusterPool::end_results(Peer& peer, std::int64_t now_ns) {
  if (results_ == 0) return;
  const Lock lock(mutex_);
  shares_[static_cast<std::size_t>(peer.rank - 1)].ended(results_, now_ns);
  if (waiting_ != 0) ended_.notify_all();
}

// The task is over, and its state the caller's to complete; null: nobody wants it.
StateBase* ClusterPool::end_task(std::uint64_t number, ClusterTask& task, End how) {
  if (task.place != TaskPlace::queued) {
    shares_[task.peer].take_back(task.size);
    ++results_;
  }
  ++(how == End::finished ? finished_ : how == End::failed ? failed_ : cancelled_);
  --unfinished_;
  StateBase* const state = std::exchange(task.state, nullptr);
  // One in the queue stays there until its turn comes.
  if (task.place != TaskPlace::queued) tasks_.give_back(static_cast<std::uint32_t>(number));
  return state;
}

void ClusterPool::take_measure(ClusterTask& task, double seconds) {
  KnownType& known = types_[task.type->index()];
  // As KnownTypes::measured().
  known.seconds_per_item =
      known.timed ? known.seconds_per_item + (seconds - known.seconds_per_item) / 4 : seconds;
  known.timed = true;
}

void ClusterPool::take(Peer& peer, Record& record) {
  const RecordHead head = record.head;
  if (head.kind == RecordKind::broke) {
    Decoder in(record.payload.data(), record.payload.size());
    const std::exception_ptr error = decode_exception(in);
    try {
      std::rethrow_exception(error);
    } catch (const BrokenExecutor& e) {
      break_pool(BrokenProcessPool(e.what(), e.death()));
    } catch (const std::exception& e) {
      break_pool(BrokenProcessPool(e.what()));
    }
    return stop_others();
  }
  const Lock lock(mutex_);
  if (head.kind == RecordKind::recalled) {
    shares_[static_cast<std::size_t>(peer.rank - 1)].recalls = false;
    return;
  }
  ClusterTask* const task = tasks_.find(head.id);
  const RawKind kind = head.kind == RecordKind::exception ? RawKind::exception : RawKind::value;
  if ((head.flags & kMeasured) != 0) {
    const auto seconds = record.take<double>();
    if (task != nullptr) take_measure(*task, seconds);
  }
  if ((head.flags & kFollows) != 0) {
    // It must be received, whether or not somebody wants it.
    const auto size = record.take<std::uint64_t>();
    std::byte* const place = take_memory(size);
    if (place == nullptr) {
      throw Error("rank 0 has no memory for a result of " + std::to_string(size) + " bytes");
    }
    if (task != nullptr) task->place = TaskPlace::receiving;
    const std::weak_ptr<ClusterPool> weak = weak_from_this();
    conductor_.transport().receive_large(peer.rank, place, size,
                                         [weak, number = head.id, kind, place, size] {
                                           const auto pool = weak.lock();
                                           if (pool == nullptr) return give_memory(place);
                                           pool->complete_own(number, kind, place, size);
                                         });
    return;
  }
  if (task == nullptr) return;
  if (head.kind == RecordKind::returned) return take_returned(head.id, *task);
  if (head.kind == RecordKind::cancelled) {
    StateBase* const state = end_task(head.id, *task, End::cancelled);
    if (state != nullptr) state->complete_cancelled();
    return;
  }
  complete(head.id, *task, kind, record.payload.data(), record.payload.size());
}

// With bytes that are another's.
void ClusterPool::complete(std::uint64_t number, ClusterTask& task, RawKind kind,
                           const std::byte* data, std::size_t size) {
  StateBase* const state =
      end_task(number, task, kind == RawKind::exception ? End::failed : End::finished);
  if (state == nullptr) return;
  if (kind == RawKind::value && state->ops().bitwise_size >= 0 &&
      size == static_cast<std::size_t>(state->ops().bitwise_size)) [[likely]] {
    state->complete_raw(kind, data, size);  // copies it at once
    return;
  }
  std::byte* const own = take_memory(size);
  if (own == nullptr) return state->complete_exception(no_memory_for(size));
  if (size != 0) std::memcpy(own, data, size);
  if (state->complete_raw(kind, own, size)) give_memory(own);
}

// With bytes that were received to where they are to stay.
void ClusterPool::complete_own(std::uint64_t number, RawKind kind, std::byte* data,
                               std::size_t size) {
  const Lock lock(mutex_);
  ClusterTask* const task = tasks_.find(number);
  StateBase* const state =
      task == nullptr
          ? nullptr
          : end_task(number, *task, kind == RawKind::exception ? End::failed : End::finished);
  if (state == nullptr || state->complete_raw(kind, data, size)) give_memory(data);
  if (waiting_ != 0) ended_.notify_all();
}

bool ClusterPool::expects_results() const {
  const Lock lock(mutex_);
  return std::ranges::any_of(shares_, [](const Share& share) { return share.sent != 0; });
}

void ClusterPool::lose(const std::string& sentence) {
  break_pool(BrokenProcessPool("pool \"" + name_ + "\" is broken: " + sentence));
  stop_others();
}

// The workers of the other ranks run for nobody any more.
void ClusterPool::stop_others() {
  const std::uint32_t signal = SIGKILL;
  for (Peer& peer : conductor_.peers()) {
    conductor_.ask(peer, number_, Question::stop_pool, std::as_bytes(std::span(&signal, 1)),
                   std::make_shared<Reply>());
  }
}

// Also from other threads, for terminate_workers().
void ClusterPool::break_pool(const BrokenProcessPool& error) {
  const Lock lock(mutex_);
  if (life_ == Life::broken) return;
  life_ = Life::broken;
  broken_ = error;
  tasks_.for_each([&](std::uint32_t index, ClusterTask& task) {
    StateBase* const state =
        task.state == nullptr ? nullptr : end_task(tasks_.number(index), task, End::failed);
    // Each its own object.
    if (state != nullptr) state->complete_exception(std::make_exception_ptr(error));
  });
  ended_.notify_all();
}

// --- what is asked of the ranks --------------------------------------------------------------

std::vector<std::optional<std::vector<std::byte>>> ClusterPool::ask_all(
    Question what, const std::vector<std::byte>& arguments) const {
  std::vector<std::shared_ptr<Reply>> replies;
  for (std::size_t i = 0; i < conductor_.peers().size(); ++i) {
    replies.push_back(std::make_shared<Reply>());
  }
  // By value: what was posted is run, or dropped, when this may have returned.
  const bool posted = conductor_.post([this, what, arguments, replies] {
    for (std::size_t i = 0; i < replies.size(); ++i) {
      conductor_.ask(conductor_.peers()[i], number_, what, arguments, replies[i]);
    }
  });
  std::vector<std::optional<std::vector<std::byte>>> answers(replies.size());
  if (!posted) return answers;
  for (std::size_t i = 0; i < replies.size(); ++i) answers[i] = replies[i]->wait();
  return answers;
}

// Of the rank that has the task. Empty where none has, or it is lost.
std::vector<std::byte> ClusterPool::ask_about(const StateBase& state, Question what, bool kill) {
  const TaskQuestion question{.task = state.task(), .kill = kill ? 1u : 0u};
  const auto reply = std::make_shared<Reply>();
  const auto ask = [self = shared_from_this(), what, question, reply] {
    std::size_t peer = 0;
    {
      const Lock lock(self->mutex_);
      const ClusterTask* const task = self->tasks_.find(question.task);
      if (task == nullptr || task->place != TaskPlace::sent) return reply->give({});
      peer = task->peer;
    }
    self->conductor_.ask(self->conductor_.peers()[peer], self->number_, what,
                         std::as_bytes(std::span(&question, 1)), reply);
  };
  if (!conductor_.post(ask)) return {};
  return reply->wait().value_or(std::vector<std::byte>());
}

void ClusterPool::cancel(StateBase& state, CancelMode mode) {
  std::optional<std::uint32_t> asked;  // after so many returns
  while (true) {
    {
      const Lock lock(mutex_);
      ClusterTask* const task = tasks_.find(state.task());
      if (task == nullptr || task->state != &state) return;
      if (task->place == TaskPlace::queued) {
        end_task(state.task(), *task, End::cancelled)->complete_cancelled();
        if (waiting_ != 0) ended_.notify_all();
        return;
      }
      // Again if it was not there any more, because it was on its way back here.
      if (asked == task->returns) return;
      asked = task->returns;
    }
    // The rank says how the task has ended, if it has, before it answers.
    ask_about(state, Question::cancel, mode == CancelMode::kill);
  }
}

bool ClusterPool::running(const StateBase& state) {
  {
    const Lock lock(mutex_);
    const ClusterTask* const task = tasks_.find(state.task());
    if (task == nullptr || task->place != TaskPlace::sent) return false;
  }
  const std::vector<std::byte> answer = ask_about(state, Question::running, false);
  return !answer.empty() && answer[0] != std::byte{0};
}

void ClusterPool::request_stop(StateBase& state) {
  // One in the queue is stopped when it has begun: the rank is told behind the task.
  const TaskQuestion question{.task = state.task()};
  const auto reply = std::make_shared<Reply>();
  conductor_.post([self = shared_from_this(), question, reply] {
    const Lock lock(self->mutex_);
    const ClusterTask* const task = self->tasks_.find(question.task);
    if (task == nullptr || task->place != TaskPlace::sent) return;
    self->conductor_.ask(self->conductor_.peers()[task->peer], self->number_,
                         Question::request_stop, std::as_bytes(std::span(&question, 1)), reply);
  });
}

// --- the end ---------------------------------------------------------------------------------

void ClusterPool::close(bool cancel_pending) noexcept {
  std::vector<std::uint64_t> sent;
  {
    const Lock lock(mutex_);
    if (life_ == Life::open) life_ = Life::closed;
    if (!cancel_pending) return;
    cancels_all_ = true;
    tasks_.for_each([&](std::uint32_t index, ClusterTask& task) {
      if (task.state == nullptr) return;
      if (task.place == TaskPlace::queued) {
        end_task(tasks_.number(index), task, End::cancelled)->complete_cancelled();
      } else if (task.place == TaskPlace::sent) {
        sent.push_back(tasks_.number(index));
      }
    });
    ended_.notify_all();
  }
  // What a rank has may not have begun there.
  const auto reply = std::make_shared<Reply>();
  conductor_.post([self = shared_from_this(), sent, reply] {
    for (const std::uint64_t number : sent) {
      std::size_t peer = 0;
      {
        const Lock lock(self->mutex_);
        const ClusterTask* const task = self->tasks_.find(number);
        if (task == nullptr || task->place != TaskPlace::sent) continue;
        peer = task->peer;
      }
      const TaskQuestion question{.task = number};
      self->conductor_.ask(self->conductor_.peers()[peer], self->number_, Question::cancel,
                           std::as_bytes(std::span(&question, 1)), reply);
    }
  });
}

void ClusterPool::drain() noexcept {
  Lock lock(mutex_);
  ++waiting_;
  ended_.wait(lock, [this] { return unfinished_ == 0; });
  --waiting_;
}

void ClusterPool::finish() noexcept {
  const std::lock_guard finishing(finish_mutex_);
  if (ended_all_) return;
  drain();
  ask_all(Question::end_pool, {});
  conductor_.remove(number_);
  callbacks_.stop();
  ended_all_ = true;
}

void ClusterPool::stop_workers(int signal) noexcept {
  {
    const Lock lock(mutex_);
    if (life_ == Life::broken) return;
  }
  const auto number = static_cast<std::uint32_t>(signal);
  std::vector<std::byte> arguments(sizeof(number));
  std::memcpy(arguments.data(), &number, sizeof(number));
  // The ranks say what they have finished before they answer.
  ask_all(Question::stop_pool, arguments);
  break_pool(BrokenProcessPool("the workers of pool \"" + name_ + "\" were " +
                               (signal == SIGKILL ? "killed" : "terminated") + " on all ranks"));
  close(false);
}

// --- what can be seen ------------------------------------------------------------------------

std::vector<MpiWorker> ClusterPool::workers_now() const {
  std::vector<MpiWorker> all;
  const auto answers = ask_all(Question::workers, {});
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) continue;
    Decoder in(answers[i]->data(), answers[i]->size());
    const auto rows = in.read<WorkerRows>();
    const Peer& peer = conductor_.peers()[i];
    for (std::size_t w = 0; w < rows.rows.size(); ++w) {
      const auto pid = static_cast<pid_t>(rows.rows[w].pid);
      if (pid != 0) all.push_back({peer.rank, peer.host, w, pid});
    }
  }
  return all;
}

PoolStats ClusterPool::stats() const {
  PoolStats stats;
  for (const auto& answer : ask_all(Question::workers, {})) {
    if (!answer) continue;
    Decoder in(answer->data(), answer->size());
    const auto rows = in.read<WorkerRows>();
    stats.deaths += rows.deaths;
    stats.restarts += rows.restarts;
    stats.requeued += rows.requeued;
    stats.running += rows.running;
    stats.shared_memory_bytes += rows.shared_memory_bytes;
    for (const WorkerRow& row : rows.rows) {
      WorkerStats& worker = stats.workers.emplace_back();
      worker.index = stats.workers.size() - 1;
      worker.pid = static_cast<pid_t>(row.pid);
      worker.state = static_cast<WorkerState>(row.state);
      worker.task_name = row.task_name;
      worker.tasks_done = row.tasks_done;
      worker.tasks_failed = row.tasks_failed;
      worker.parks = row.parks;
      worker.deaths = row.deaths;
      worker.rss_bytes = row.rss_bytes;
      worker.max_rss_bytes = row.max_rss_bytes;
      worker.cpu_time = std::chrono::nanoseconds(row.cpu_time_ns);
      worker.age = std::chrono::nanoseconds(row.age_ns);
    }
  }
  const Lock lock(mutex_);
  stats.submitted = submitted_;
  stats.finished = finished_;
  stats.failed = failed_;
  stats.cancelled = cancelled_;
  stats.running = std::min<std::uint64_t>(stats.running, unfinished_);
  stats.queued = unfinished_ - stats.running;
  return stats;
}

}  // namespace muster::detail
