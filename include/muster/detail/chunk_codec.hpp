#pragma once

#include <algorithm>
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
#include <muster/error.hpp>

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
  // The next value is in a record of its own.
  void end_run() { run_is_open_ = false; }
  // Copies and commits what `next()` gives, `most` times or until stopped; if it throws, what it
  // gave before is committed. Answers false, and calls nothing, where there is no room for so many,
  // of which more may fit item by item, or where each item has a checksum.
  template <class R, class Next>
  bool write_values(std::uint32_t most, Next&& next) {
    if (sum_key() != 0) return false;
    open(ChunkRecord::values);
    // In variables of this function's own: what is written might be anything's bytes.
    std::byte* at = nullptr;
    try {
      at = out_.extend(std::size_t{most} * sizeof(R));
    } catch (const EncodingError&) {
      return false;
    }
    const std::atomic_ref header(header_word());
    const ChunkProgress* const progress = progress_;
    const std::uint32_t before = items_;
    std::uint32_t done = 0;
    const auto end = [&] {
      run_is_open_ = false;
      items_ += done;
      // A header that counts nothing would end the stream.
      committed_ = header_at_;
      if (done != 0) committed_ += sizeof(std::uint64_t) + std::size_t{done} * sizeof(R);
      out_.truncate(committed_);
    };
    try {
      while (done < most && (progress == nullptr || progress->begin_item())) {
        const R value = next();
        std::memcpy(at, &value, sizeof(R));
        at += sizeof(R);
        ++done;
        // Release: as in store_header() and count().
        header.store(ChunkHeader::pack(ChunkRecord::values, done, std::uint64_t{done} * sizeof(R)),
                     std::memory_order_release);
        if (progress != nullptr && progress->items_done != nullptr)
          progress->items_done->store(before + done, std::memory_order_release);
      }
    } catch (...) {
      end();
      throw;
    }
    end();
    return true;
  }
  // In place of a value; what was written of it is taken back.
  void commit_failure(const std::exception_ptr& error);

  // Committed by this writer.
  std::uint32_t items() const { return items_; }

 private:
  void open(ChunkRecord kind);
  std::uint64_t sum_key() const { return progress_ != nullptr ? progress_->sum_key : 0; }
  void note_sum(std::uint64_t header);
  // Release: the item's bytes come before the header that counts them, for a reader that looks at
  // them after this process has died.
  void store_header(std::uint64_t word) {
    if (sum_key() != 0) note_sum(word);
    std::atomic_ref(header_word()).store(word, std::memory_order_release);
  }
  std::uint64_t& header_word() {
    return *reinterpret_cast<std::uint64_t*>(const_cast<std::byte*>(out_.data()) + header_at_);
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

// Whether code of the user's may read a result, and read other than it wrote: each is in a record
// of its own then, whose end is known, so that it takes no other with it.
template <class R>
constexpr bool results_lie_apart() {
  if constexpr (std::is_void_v<R>) {
    return false;
  } else if constexpr (kIsA<R, std::basic_string> || kIsA<R, std::vector>) {
    return results_lie_apart<typename R::value_type>();
  } else {
    return fixed_size<R>() == kDynamicSize;
  }
}

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

// Runs in the worker. `Call` is the CallTraits of the callable and one item's arguments.
template <class Call>
struct ChunkCode {
  using Callable = typename Call::Callable;
  using Result = typename Call::Result;

  static constexpr bool kSameSize = Call::kFixedSize != kDynamicSize;
  // Each item costs the call, a copy and two stores.
  static constexpr bool kPlain = kSameSize && results_are_copied<Result>();

  static void thunk(Decoder& args, Encoder& result) {
    auto callable = Call::decode_callable(args);
    const auto items = args.read<std::uint32_t>();
    TaskContext* context = TaskContext::current();
    const ChunkProgress* progress = context != nullptr ? context->chunk() : nullptr;
    const std::uint32_t first = progress != nullptr ? std::min(progress->first, items) : 0;
    ChunkWriter writer(result, progress);
    if constexpr (Call::kFixedResultSize != kDynamicSize) {
      // With a header before each run of values, or a sum and a header before each; failures take
      // what they take.
      const bool summed = progress != nullptr && progress->sum_key != 0;
      constexpr std::size_t kSummed = 4 * sizeof(std::uint64_t);
      result.expect(std::size_t{items - first} * (Call::kFixedResultSize + (summed ? kSummed : 0)) +
                    (items / ChunkHeader::kMaxItems + 1) * sizeof(std::uint64_t));
    }
    if constexpr (kPlain) {
      run_plain(callable, args, items, first, result, writer, progress);
    } else {
      run(callable, args, items, first, result, writer, progress);
    }
  }

  static const TaskType& type() {
    return task_type_of<&ChunkCode::thunk, Callable, kTravelsAsCode<Callable>>;
  }

 private:
  static void run_plain(Callable& callable, Decoder& args, std::uint32_t items, std::uint32_t first,
                        Encoder& result, ChunkWriter& writer, const ChunkProgress* progress) {
    constexpr std::size_t kItem = Call::kFixedSize - callable_size<Callable>();
    const std::byte* const bytes = args.view(std::size_t{items} * kItem);
    std::uint32_t i = first;
    while (i < items) {
      const std::byte* at = bytes + std::size_t{i} * kItem;
      try {
        const bool had_room = writer.write_values<Result>(items - i, [&]() -> Result {
          Decoder item(at, kItem, args.modules());
          at += kItem;
          auto arguments = Call::decode_arguments(item);
          return Call::invoke(callable, arguments);
        });
        if (had_room) return;
        break;
      } catch (...) {
        i = first + writer.items();
        writer.commit_failure(std::current_exception());
        ++i;
      }
    }
    // Where memory is short each item fails by itself.
    Decoder rest(bytes + std::size_t{i} * kItem, (items - i) * kItem, args.modules());
    run(callable, rest, items - i, 0, result, writer, progress);
  }

  static void run(Callable& callable, Decoder& args, std::uint32_t items, std::uint32_t first,
                  Encoder& result, ChunkWriter& writer, const ChunkProgress* progress) {
    for (std::uint32_t i = 0; i < items; ++i) {
      if (i >= first && progress != nullptr && !progress->begin_item()) return;
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
      // Each item is a message of its own, so that one that fails takes no other with it, nor one
      // whose decode reads more than its encode wrote.
      args.context().reset();
      result.context().reset();
      if constexpr (kSameSize) {
        run_item(callable, args, result, writer, i >= first);
      } else {
        const std::size_t hidden = args.hide_after(end - args.position());
        run_item(callable, args, result, writer, i >= first);
        args.view(args.remaining());
        args.show(hidden);
      }
    }
  }

  static void run_item(Callable& callable, Decoder& args, Encoder& result, ChunkWriter& writer,
                       bool wanted) {
    try {
      auto arguments = Call::decode_arguments(args);
      if constexpr (!kSameSize) check_all_read(args);
      if (!wanted) return;
      args.context().reset();  // as in TaskCode::thunk()
      writer.begin_value();
      Call::invoke_and_encode(callable, arguments, result);
    } catch (...) {
      if (wanted) writer.commit_failure(std::current_exception());
      return;
    }
    writer.commit_value();
    if constexpr (results_lie_apart<Result>()) writer.end_run();
  }
};

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
      if (items != 1) {
        result.add_from([&]() -> R { return decode_result<R>(in); });
        continue;
      }
      // Alone in its record: what comes after can be read though this cannot.
      try {
        result.add_from([&]() -> R { return decode_whole_result<R>(in); });
      } catch (...) {
        result.add_failure(std::current_exception());
      }
    }
  }
}

// Runs in the client. More than `most` items are an error: where values take no bytes, nothing else
// bounds what a worker that was scribbled over says.
template <class R>
ChunkResult<R> decode_chunk(Decoder& in, std::size_t most) {
  ChunkResult<R> result;
  while (in.remaining() != 0) {
    const auto header = in.read<std::uint64_t>();
    const std::uint64_t bytes = ChunkHeader::bytes(header);
    if (bytes > in.remaining()) throw_bad_chunk();
    const std::size_t hidden = in.hide_after(bytes);
    switch (ChunkHeader::kind(header)) {
      case ChunkRecord::values:
        if (ChunkHeader::items(header) > most - result.size()) throw_bad_chunk();
        decode_values(in, ChunkHeader::items(header), result);
        break;
      case ChunkRecord::failure:
        if (result.size() == most) throw_bad_chunk();
        in.context().reset();
        result.add_failure(decode_exception(in));
        break;
      case ChunkRecord::padding: break;
      default: throw_bad_chunk();
    }
    in.view(in.remaining());
    in.show(hidden);
    if (in.remaining() != 0) in.align(sizeof(std::uint64_t));
  }
  return result;
}

// The state of a chunk of at most so many items.
template <class R>
class ChunkState final : public FutureState<ChunkResult<R>> {
  static void decode(StateBase& state, Decoder& in) {
    auto& self = static_cast<ChunkState&>(state);
    self.emplace_from([&] { return decode_chunk<R>(in, self.items_); });
  }

  static const StateOps kOps;

 public:
  explicit ChunkState(std::size_t items) noexcept
      : FutureState<ChunkResult<R>>(kOps), items_(items) {}

 private:
  const std::size_t items_;
};

template <class R>
constexpr StateOps ChunkState<R>::kOps = {
    .block_size = kBlockSize<ChunkState>,
    .value_offset = FutureState<ChunkResult<R>>::value_offset(),
    .bitwise_size = StateOps::kDecoded,
    .destroy_value = FutureState<ChunkResult<R>>::value_destroyer(),
    .decode_value = &ChunkState::decode,
    .run = nullptr,
    .drop_call = nullptr,
    .callable = nullptr,
};

}  // namespace muster::detail
