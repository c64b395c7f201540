#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include <muster/codec.hpp>
#include <muster/detail/codec_kind.hpp>
#include <muster/detail/shared_block.hpp>
#include <muster/detail/task_refusal.hpp>

namespace muster {

namespace detail {

// A value's bytes in a block of shared memory.
struct SharedBytes {
  std::shared_ptr<SharedBlock> block;
  std::uint64_t size = 0;    // of them; the block may be larger
  std::uint64_t number = 0;  // which no other has, by all likelihood
};
// What `encode(out, value)` writes, blocks that it sends included. Throws EncodingError where it
// cannot travel, Error where memory or descriptors run out.
SharedBytes encode_to_share(void (*encode)(Encoder& out, const void* value), const void* value);
// Finds the blocks that stand in those bytes, in the process that has encoded them.
BlockReceiver& blocks_of_this_process();

[[noreturn]] void throw_shares_nothing();
[[noreturn]] void throw_bad_share(std::uint64_t size, std::uint64_t block);

// A value, its bytes, or both: each is made of the other when it is first asked for.
template <class T>
class SharedState {
 public:
  static std::shared_ptr<SharedState> of_value(std::unique_ptr<const T> value) {
    auto state = std::make_shared<SharedState>();
    state->value_ = std::move(value);
    return state;
  }
  static std::shared_ptr<SharedState> encode(const T& value) {
    auto state = std::make_shared<SharedState>();
    state->bytes_ = encode_to_share(&write, &value);
    state->decode_ = &decode;
    return state;
  }

  const T& value() {
    const std::lock_guard lock(mutex_);
    if (value_ == nullptr) {
      value_ = decode_(bytes_.block->data(), bytes_.size, nullptr, blocks_of_this_process());
    }
    return *value_;
  }
  const SharedBytes& bytes() {
    const std::lock_guard lock(mutex_);
    if (bytes_.block == nullptr) bytes_ = encode_to_share(&write, value_.get());
    return bytes_;
  }

  static std::unique_ptr<const T> decode(const std::byte* data, std::size_t size,
                                         const ModuleTable* modules, BlockReceiver& blocks) {
    Decoder in(data, size, modules, &blocks);
    std::unique_ptr<const T> value(new T(decode_value<T>(in)));
    check_all_read(in);
    return value;
  }

 private:
  static void write(Encoder& out, const void* value) {
    encode_value<T>(out, *static_cast<const T*>(value));
  }

  std::mutex mutex_;
  std::unique_ptr<const T> value_;  // never changes once it is there, nor does the other
  SharedBytes bytes_;
  // By address: what is only ever a value need not be fit to travel.
  decltype(&SharedState::decode) decode_ = nullptr;
};

template <class T>
struct SharedCodec;
template <class T>
struct ShareAccess;

}  // namespace detail

// A large value that many tasks read: a model, a table. pool.share(value) encodes it once; as an
// argument it travels as a reference, and each worker decodes it once, when it first comes with a
// task, and keeps it for those that follow. Copies of the handle share the value. It is freed when
// the last one in the client is gone, and workers are told then: each lets it go before its next
// task, or at once where it has nothing to do.
//
//   muster::Shared<Table> table = pool.share(load_table());
//   auto found = pool.submit([](muster::Shared<Table> table, int key) { return table->at(key); },
//                            table, 7);
//
// Any pool's workers can be given it; a pool of threads has the value itself and encodes nothing.
// The client decodes it, too, when it asks for it. One that is made or returned by a task is
// encoded for that.
//
// Thread safety: of the handle, as of a std::shared_ptr; the value is const, and read by many.
template <class T>
class Shared {
  static_assert(std::is_same_v<T, std::decay_t<T>>,
                "muster: a Shared<T> is const already; T is a type of values, not a reference, an "
                "array or const");

 public:
  using element_type = const T;

  // Shares nothing.
  Shared() noexcept = default;

  explicit operator bool() const noexcept { return state_ != nullptr; }

  // Throws InvalidStateError where it shares nothing, and in the client, where it is decoded at the
  // first call, EncodingError.
  const T& get() const {
    if (state_ == nullptr) detail::throw_shares_nothing();
    return state_->value();
  }
  const T& operator*() const { return get(); }
  const T* operator->() const { return &get(); }

  // The same value.
  friend bool operator==(const Shared&, const Shared&) = default;

 private:
  template <class U>
  friend struct detail::SharedCodec;
  template <class U>
  friend struct detail::ShareAccess;

  std::shared_ptr<detail::SharedState<T>> state_;
};

namespace detail {

template <class T>
struct ShareAccess {
  static Shared<T> adopt(std::shared_ptr<SharedState<T>> state) {
    Shared<T> shared;
    shared.state_ = std::move(state);
    return shared;
  }
};

template <class T>
inline constexpr char kSharedType = 0;

template <class T>
struct SharedCodec : DynamicCodec<sizeof(std::uint64_t)> {
  // A size that no value has: nothing is shared.
  static constexpr std::uint64_t kNothing = ~std::uint64_t{0};

  static void encode(Encoder& out, const Shared<T>& shared) {
    if (!shared) return out.write(kNothing);
    const SharedBytes& bytes = shared.state_->bytes();
    out.write(bytes.size);
    out.write(bytes.number);
    for (const auto& named : bytes.block->names()) out.send_block(named);
    out.write(out.send_block(bytes.block));
  }
  static Shared<T> decode(Decoder& in) {
    const auto size = in.read<std::uint64_t>();
    if (size == kNothing) return {};
    const auto number = in.read<std::uint64_t>();
    const auto reference = in.read<BlockReference>();
    BlockReceiver& blocks = in.blocks();
    KeptObject* const kept = blocks.kept(number, reference);
    const void* const type = &kSharedType<T>;
    if (kept != nullptr && kept->type == type) {
      return ShareAccess<T>::adopt(std::static_pointer_cast<SharedState<T>>(kept->object));
    }
    const auto block = blocks.receive(reference, SharedBlock::Access::read_only);
    if (size > block->size()) throw_bad_share(size, block->size());
    auto state =
        SharedState<T>::of_value(SharedState<T>::decode(block->data(), size, in.modules(), blocks));
    if (kept != nullptr) *kept = {type, state};
    return ShareAccess<T>::adopt(std::move(state));
  }
};

template <class T>
struct NativeCodec<Shared<T>> : SharedCodec<T> {};

}  // namespace detail

}  // namespace muster
