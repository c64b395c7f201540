// What rank 0's thread for MPI does with a pool: it gives tasks to ranks, and takes what comes
// back.

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include <muster/codec.hpp>
#include <muster/detail/exception_codec.hpp>

#include "lib/mpi/cluster_pool.hpp"
#include "lib/mpi/kept_memory.hpp"

namespace muster::detail {

namespace {

std::exception_ptr no_memory_for(std::size_t size) {
  return std::make_exception_ptr(
      EncodingError("rank 0 has no memory for a result of " + std::to_string(size) + " bytes"));
}

}  // namespace

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
    if (peers[i].lost || !share.may_recall(now)) continue;
    share.recall();
    any = true;
    const std::uint64_t most = share.sent - share.workers;
    std::byte* const place = conductor_.write(
        peers[i], {.size = sizeof(most), .kind = RecordKind::recall, .pool = number_}, true);
    std::memcpy(place, &most, sizeof(most));
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

// A rank with a worker that has nothing to do; else the one that has least ahead, if it has room.
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

void ClusterPool::begin_results() {
  const Lock lock(mutex_);
  results_ = 0;
}

void ClusterPool::end_results(Peer& peer, std::int64_t now_ns) {
  const Lock lock(mutex_);
  if (results_ == 0) return;
  Share& share = shares_[static_cast<std::size_t>(peer.rank - 1)];
  share.set_round_trip(peer.round_trip.ns());
  share.ended(results_, now_ns);
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
    shares_[static_cast<std::size_t>(peer.rank - 1)].recalled(head.id != 0);
    // Those that came back are longer than what the windows were measured by, and what comes next
    // may be, too.
    if (head.id != 0) {
      for (Share& share : shares_) share.forget();
    }
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
    if (task != nullptr) task->place = TaskPlace::receiving;
    std::byte* const place = take_memory(size);
    const auto received = [weak = weak_from_this(), number = head.id, kind, place, size] {
      const auto pool = weak.lock();
      if (pool == nullptr) return give_memory(place);
      pool->complete_own(number, kind, place, size);
    };
    Transport& transport = conductor_.transport();
    if (place == nullptr) return transport.receive_in_vain(peer.rank, size, received);
    return transport.receive_large(peer.rank, place, size, received);
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

// With bytes that were received to where they are to stay; null: there was no memory for them.
void ClusterPool::complete_own(std::uint64_t number, RawKind kind, std::byte* data,
                               std::size_t size) {
  const Lock lock(mutex_);
  ClusterTask* const task = tasks_.find(number);
  Share* const share = task != nullptr ? &shares_[task->peer] : nullptr;
  StateBase* const state =
      task == nullptr
          ? nullptr
          : end_task(number, *task, kind == RawKind::exception ? End::failed : End::finished);
  // It ended between two batches.
  if (share != nullptr) share->ended(1, monotonic_ns());
  if (state != nullptr && data == nullptr) {
    state->complete_exception(no_memory_for(size));
  } else if (state == nullptr || state->complete_raw(kind, data, size)) {
    give_memory(data);
  }
  if (waiting_ != 0) ended_.notify_all();
}

bool ClusterPool::expects_results() const {
  const Lock lock(mutex_);
  return std::ranges::any_of(shares_, [](const Share& share) { return share.sent != 0; });
}

}  // namespace muster::detail
