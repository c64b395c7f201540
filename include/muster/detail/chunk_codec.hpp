#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <type_traits>

#include <muster/decoder.hpp>
#include <muster/detail/chunk.hpp>
#include <muster/detail/chunk_result.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/detail/task_call.hpp>
#include <muster/detail/task_context.hpp>
#include <muster/detail/travel_state.hpp>
#include <muster/encoder.hpp>

// A chunk of map on its way to another process and back; the records of the result are described
// in chunk.hpp. The task's bytes are the callable, the number of items, and the items, each with
// its size in front where items differ in size.
namespace muster::detail {

[[noreturn]] void throw_bad_chunk();

// Writes the result in a worker, item by item.
class ChunkWriter {
 public:
  ChunkWriter(Encoder& out, const ChunkProgress* progress) : out_(out), progress_(progress) {}

  // Before the result of an item is written to the encoder, and after it.
  void begin_value() {
    if (!run_is_open_) open(ChunkRecord::values);
  }
  void commit_value() {
    const std::size_t bytes = out_.size() - header_at_ - sizeof(std::uint64_t);
    ++items_in_run_;
    store_header(ChunkHeader::pack(ChunkRecord::values, items_in_run_, bytes));
    committed_ = out_.size();
    if (items_in_run_ == ChunkHeader::kMaxItems || bytes > ChunkHeader::kMaxBytes / 2)
      run_is_open_ = false;
    count();
  }
  // In place of a value; what was written of it is taken back.
  void commit_failure(const std::exception_ptr& error);

 private:
  void open(ChunkRecord kind);
  // Release: the item's bytes come before the header that counts them, for a reader that looks at
  // them after this process has died.
  void store_header(std::uint64_t word) {
    auto* place = const_cast<std::byte*>(out_.data()) + header_at_;
    std::atomic_ref(*reinterpret_cast<std::uint64_t*>(place))
        .store(word, std::memory_order_release);
  }
  void count() {
    ++items_;
    // Release: pairs with the acquire of who recovers what this worker committed.
    if (progress_ != nullptr && progress_->items_done != nullptr)
      progress_->items_done->store(items_, std::memory_order_release);
  }

  Encoder& out_;
  const ChunkProgress* progress_;
  std::size_t header_at_ = 0;
  std::size_t committed_ = 0;  // bytes
  std::uint64_t items_in_run_ = 0;
  std::uint32_t items_ = 0;
  bool run_is_open_ = false;
};

// Runs in the worker. `Call` is the CallTraits of the callable and one item's arguments.
template <class Call>
struct ChunkCode {
  static constexpr bool kSameSize = Call::kFixedSize != kDynamicSize;

  static void thunk(Decoder& args, Encoder& result) {
    auto callable = Call::decode_callable(args);
    const auto items = args.read<std::uint32_t>();
    TaskContext* context = TaskContext::current();
    const ChunkProgress* progress = context != nullptr ? context->chunk() : nullptr;
    const std::uint32_t first = progress != nullptr ? progress->first : 0;
    ChunkWriter writer(result, progress);
    for (std::uint32_t i = 0; i < items; ++i) {
      if (i >= first && progress != nullptr && progress->stopped()) return;
      std::size_t end = 0;
      if constexpr (!kSameSize) {
        const auto size = args.read<std::uint64_t>();
        if (size > args.remaining()) throw_bad_chunk();
        end = args.position() + size;
        if (i < first) {
          args.view(size);
          continue;
        }
      }
      // Each item is a message of its own, so that one that fails takes no other with it.
      args.context().reset();
      result.context().reset();
      run_item(callable, args, result, writer, i >= first);
      if constexpr (!kSameSize) {
        if (args.position() > end) throw_bad_chunk();
        args.view(end - args.position());
      }
    }
  }

  static const TaskType& type() {
    return task_type_of<&ChunkCode::thunk, typename Call::Callable,
                        kTravelsAsCode<typename Call::Callable>>;
  }

 private:
  static void run_item(typename Call::Callable& callable, Decoder& args, Encoder& result,
                       ChunkWriter& writer, bool wanted) {
    try {
      auto arguments = Call::decode_arguments(args);
      if (!wanted) return;
      writer.begin_value();
      Call::invoke_and_encode(callable, arguments, result);
    } catch (...) {
      if (wanted) writer.commit_failure(std::current_exception());
      return;
    }
    writer.commit_value();
  }
};

// Whether results lie side by side in the bytes as they will in a ChunkResult.
template <class R>
constexpr bool results_are_copied() {
  if constexpr (std::is_void_v<R>) {
    return false;
  } else {
    using Stored = typename ChunkResult<R>::Stored;
    return bitwise_result_size<R>() > 0 && std::is_default_constructible_v<R> &&
           std::is_trivially_copyable_v<Stored> && sizeof(Stored) == sizeof(R);
  }
}

template <class R>
void decode_values(Decoder& in, std::uint64_t items, ChunkResult<R>& result) {
  if constexpr (results_are_copied<R>()) {
    if (items > in.remaining() / sizeof(R)) throw_bad_chunk();
    auto& values = result.values();
    const std::size_t before = values.size();
    values.resize(before + items);
    in.read(static_cast<void*>(values.data() + before), items * sizeof(R));
  } else {
    for (std::uint64_t i = 0; i < items; ++i) {
      in.context().reset();
      result.add_from([&]() -> R { return decode_result<R>(in); });
    }
  }
}

// Runs in the client.
template <class R>
ChunkResult<R> decode_chunk(Decoder& in) {
  ChunkResult<R> result;
  while (in.remaining() != 0) {
    const auto header = in.read<std::uint64_t>();
    const std::uint64_t bytes = ChunkHeader::bytes(header);
    if (bytes > in.remaining()) throw_bad_chunk();
    const std::size_t end = in.position() + bytes;
    switch (ChunkHeader::kind(header)) {
      case ChunkRecord::values: decode_values(in, ChunkHeader::items(header), result); break;
      case ChunkRecord::failure:
        in.context().reset();
        result.add_failure(decode_exception(in));
        break;
      case ChunkRecord::padding: break;
      default: throw_bad_chunk();
    }
    if (in.position() > end) throw_bad_chunk();
    in.view(end - in.position());
    if (in.remaining() != 0) in.align(sizeof(std::uint64_t));
  }
  return result;
}

template <class R>
using ChunkState = DecodedState<ChunkResult<R>, &decode_chunk<R>, StateOps::kDecoded>;

}  // namespace muster::detail
