#include "lib/mpi/cluster_pool.hpp"

#include <signal.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include <muster/codec.hpp>
#include <muster/detail/exception_codec.hpp>

#include "lib/client/check_options.hpp"
#include "lib/codec/heap_region.hpp"
#include "lib/common/fork_guard.hpp"
#include "lib/common/pool_name.hpp"
#include "lib/mpi/argument_bytes.hpp"
#include "lib/mpi/pool_order.hpp"
#include "lib/mpi/type_codes.hpp"
#include "lib/start/task_offer.hpp"

namespace muster::detail {

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
  if (!usable_here()) return;
  if (!ended_all_) callbacks_.stop();  // start() threw; else finish() has done it
  source_.give_back();
}

void ClusterPool::start(const ProcessPoolOptions& options) {
  check_pool_options(options);
  if (options.start_method == StartMethod::fork) {
    throw InvalidArgumentError(
        "StartMethod::fork makes workers of a rank's own process, which MPI is in; leave "
        "start_method to MpiPoolExecutor, whose ranks have fork servers, or choose spawn");
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
      if (!answers[i]) {
        conductor_.start();  // says where the program is about to end
        throw Error("pool \"" + name_ + "\" cannot be made: " + place + " is lost");
      }
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
    check_task_options(*spec.options);
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

// --- how it breaks -------------------------------------------------------------------------

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
