#pragma once

// What rank 0 and the ranks that serve say to each other. A message is a batch: records one behind
// the other, each a header and `size` bytes, padded to a multiple of 8. All ranks run the same
// program on the same kind of machine, so a record is its bytes.
//
// A payload of kLargePayload bytes or more is not in the batch: the record has the flag kFollows
// and at its end the number of bytes, and they follow in messages of their own, with tag kLargeTag,
// in the order of their records, in pieces of at most kPieceBytes: so other messages are not held
// up behind all of it, and both ends see that it moves.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <vector>

namespace muster::detail {

constexpr int kBatchTag = 1;
constexpr int kLargeTag = 2;
constexpr std::size_t kLargePayload = 32 * 1024;
constexpr std::size_t kPieceBytes = std::size_t{4} << 20;

// `leave` and `hello` keep their numbers: a rank with another Muster is refused and leaves, too.
enum class RecordKind : std::uint8_t {
  // From rank 0.
  task = 1,    // id: the task. The type's code, then callable and arguments
  noted_task,  // id: the task. NotedTask, its notes, then callable and arguments
  ask,         // id: the question. QuestionHead, and what goes with it
  leave,       // finalise MPI and end

  // To rank 0.
  hello,      // a rank says who it is and what it runs
  value,      // id: the task. Its encoded result
  exception,  // id: the task. Its encoded exception
  cancelled,  // id: the task
  broke,      // the pool's workers are gone: the encoded exception
  answer,     // id: the question

  // From rank 0.
  recall,  // the pool: so many tasks, a u64, are wanted back if they have not begun

  // To rank 0.
  returned,  // id: the task, which was recalled and has not begun
  recalled,  // the pool: that was all; id: how many

  // Of both: the sender is there. From rank 0: an i64, see Heartbeat::limit_ns().
  beat,

  // From rank 0, the last of a batch with tasks. id: its clock
  stamp,

  // To rank 0. id: the latest stamp, and for how long the rank had it, added up
  echo,
};

enum RecordFlag : std::uint8_t {
  kFollows = 1,     // see above
  kRecallable = 4,  // of a task: rank 0 keeps its arguments
  kMeasured = 2,    // of a result: the payload begins with the seconds that an item takes, a double
};

struct RecordHead {
  std::uint32_t size = 0;  // without the padding
  RecordKind kind{};
  std::uint8_t flags = 0;
  std::uint16_t pool = 0;
  std::uint64_t id = 0;
};
static_assert(sizeof(RecordHead) == 16);

// Where the code and data of a kind of task are: {module:16, offset:48}.
using TypeCode = std::uint64_t;

struct NotedTask {
  TypeCode type = 0;
  std::uint32_t items = 0;  // of a chunk of map; 0: it is none
  std::uint32_t retries = 0;
  std::int64_t timeout_ns = 0;
  std::uint32_t name_size = 0;  // of the name that follows, padded
  std::uint32_t pad = 0;
};

enum class Question : std::uint32_t {
  open_pool,  // encoded PoolOrder; the answer: PoolMade
  end_pool,   // the answer comes when its workers have ended
  stop_pool,  // u32: the signal
  cancel,     // TaskQuestion; the answer: one byte
  running,
  request_stop,
  workers,  // the answer: encoded rows
};

struct QuestionHead {
  Question what{};
  std::uint32_t pad = 0;
};

struct TaskQuestion {
  std::uint64_t task = 0;
  std::uint32_t kill = 0;
  std::uint32_t pad = 0;
};

constexpr std::size_t padded(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

// A batch that is being written. Its memory lies still while it is sent.
class BatchWriter {
 public:
  // Appends a record of so many bytes and gives the place for them.
  std::byte* add(RecordHead head) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof(head) + padded(head.size));
    std::memcpy(bytes_.data() + at, &head, sizeof(head));
    return bytes_.data() + at + sizeof(head);
  }
  void add(RecordHead head, std::span<const std::byte> payload) {
    head.size = static_cast<std::uint32_t>(payload.size());
    std::byte* const place = add(head);
    if (!payload.empty()) std::memcpy(place, payload.data(), payload.size());
  }

  bool empty() const { return bytes_.empty(); }
  std::size_t size() const { return bytes_.size(); }
  std::vector<std::byte> take() {
    std::vector<std::byte> bytes = std::move(bytes_);
    bytes_.clear();
    return bytes;
  }
  // Memory to write the next one to.
  void reuse(std::vector<std::byte> memory) {
    memory.clear();
    if (bytes_.empty()) bytes_ = std::move(memory);
  }

 private:
  std::vector<std::byte> bytes_;
};

// A record that has come. Its payload lives as long as the batch, and kSlack bytes more can be read
// behind it.
struct Record {
  static constexpr std::size_t kSlack = 64;

  RecordHead head;
  std::span<const std::byte> payload;

  // The first so many bytes as a T, taken off the payload.
  template <class T>
  T take() {
    T value;
    if (payload.size() < sizeof(T)) throw std::runtime_error("a message of another rank is short");
    std::memcpy(&value, payload.data(), sizeof(T));
    payload = payload.subspan(sizeof(T));
    return value;
  }
};

// Calls f(Record) for each record of a batch. Throws std::runtime_error for what is none.
template <class F>
void for_each_record(std::span<const std::byte> batch, F&& f) {
  while (!batch.empty()) {
    Record record;
    record.payload = batch;
    record.head = record.take<RecordHead>();
    if (padded(record.head.size) > record.payload.size()) {
      throw std::runtime_error("a message of another rank is cut off");
    }
    batch = record.payload.subspan(padded(record.head.size));
    record.payload = record.payload.first(record.head.size);
    f(record);
  }
}

}  // namespace muster::detail
