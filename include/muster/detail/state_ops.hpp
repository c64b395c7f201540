#pragma once

#include <cstddef>
#include <cstdint>
#include <typeinfo>

namespace muster {
class Decoder;
}

namespace muster::detail {

class StateBase;

// pending -> running -> claimed -> one of the three ends. Any arrow may skip forward.
enum class Phase : std::uint32_t {
  pending = 0,
  running = 1,
  claimed = 2,  // one thread is about to complete it; looks like running from outside
  cancelled = 4,
  failed = 5,
  succeeded = 6,
};

// What kept result bytes hold.
enum class RawKind { value, exception };

// How a kind of state does what depends on its types. One constant table a kind.
struct StateOps {
  // Size of the whole block, for the allocator.
  std::uint32_t block_size;
  // Where the value lies, from the start of the state.
  std::uint32_t value_offset;
  // >= 0: a result that travelled is copied as so many bytes; kDecoded: it is decoded.
  std::int32_t bitwise_size;
  // Null where there is nothing to destroy.
  void (*destroy_value)(StateBase&) noexcept;
  // Makes the value from bytes; null for states whose results do not travel.
  void (*decode_value)(StateBase&, Decoder&);
  // Tasks of thread pools: calls the callable and makes value or error of the running state, for
  // the caller to publish with the phase that it returns.
  Phase (*run)(StateBase&) noexcept;
  // Destroys the callable and its arguments; null where there are none.
  void (*drop_call)(StateBase&) noexcept;
  // The callable's type, for the task's name; may be null.
  const std::type_info* callable;
  // Takes a result that travelled as the bytes that it is, and publishes the state; null for states
  // that decode it. Returns as StateBase::complete_raw() does; up to kTakenAtOnce bytes are copied.
  bool (*take_bytes)(StateBase&, RawKind, const std::byte* data,
                     std::size_t size) noexcept = nullptr;

  static constexpr std::int32_t kDecoded = -1;
  static constexpr std::size_t kTakenAtOnce = 48;
};

}  // namespace muster::detail
