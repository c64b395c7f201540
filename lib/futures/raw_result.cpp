// Results that are kept as the bytes that came from another process, until somebody asks.

#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include <muster/decoder.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/detail/state.hpp>
#include <muster/error.hpp>

#include "lib/common/futex.hpp"

namespace muster::detail {

namespace {

std::exception_ptr of_another_size(std::size_t size, std::size_t wanted) noexcept {
  try {
    return std::make_exception_ptr(EncodingError(
        "the result of a task has " + std::to_string(size) + " bytes where its type has " +
        std::to_string(wanted) + "; the memory it came in was overwritten"));
  } catch (const std::bad_alloc&) {
    return std::current_exception();
  }
}

// The blocks of shared memory that came with a state's bytes.
class BlocksOf final : public BlockReceiver {
 public:
  explicit BlocksOf(StateBase& state) : state_(state) {}
  std::shared_ptr<SharedBlock> receive(const BlockReference& reference,
                                       SharedBlock::Access access) override {
    return state_.source()->receive_block(state_, reference, access);
  }

 private:
  StateBase& state_;
};

}  // namespace

bool StateBase::keep_raw(RawKind kind, const std::byte* data, std::size_t size) noexcept {
  if (ops_->take_bytes != nullptr) return ops_->take_bytes(*this, kind, data, size);
  if (kind == RawKind::value && ops_->bitwise_size >= 0) {
    complete_exception(of_another_size(size, static_cast<std::size_t>(ops_->bitwise_size)));
    return true;
  }
  payload_.raw = {data, size};
  if (kind == RawKind::value)
    publish(Phase::succeeded, kRaw);
  else
    publish(Phase::failed, kRaw | kRawIsError);
  return false;
}

bool StateBase::settle_slow(Deadline until) {
  if (!wait(until)) return false;
  std::uint32_t seen = status_.load(std::memory_order_acquire);
  for (;;) {
    if ((seen & kRaw) != 0) {
      // Acquire: pairs with the release that kept the bytes.
      if (!status_.compare_exchange_weak(seen, (seen & ~kRaw) | kDecoding,
                                         std::memory_order_acquire, std::memory_order_acquire))
        continue;
      decode_raw(seen);
      return true;
    }
    if ((seen & kDecoding) == 0) return true;
    // Acquire: as in park().
    if ((seen & kWaiting) == 0 &&
        !status_.compare_exchange_weak(seen, seen | kWaiting, std::memory_order_acquire))
      continue;
    if (futex_wait(status_, seen | kWaiting, until) == FutexResult::timed_out) return false;
    seen = status_.load(std::memory_order_acquire);
  }
}

void StateBase::decode_raw(std::uint32_t status) noexcept {
  const RawBytes raw = payload_.raw;
  Phase end = Phase::succeeded;
  std::exception_ptr error;
  BlocksOf blocks(*this);
  Decoder in(raw.data, raw.size, nullptr, source_ != nullptr ? &blocks : nullptr);
  if ((status & kRawIsError) != 0) {
    error = decode_exception(in);
    end = Phase::failed;
  } else {
    try {
      ops_->decode_value(*this, in);
    } catch (...) {
      error = std::current_exception();
      end = Phase::failed;
    }
  }
  // While it was decoded nobody can have begun to look at it: that needs kRaw.
  const bool viewed = (status & kViewed) != 0;
  if (end == Phase::failed) {
    put_error(std::move(error));
    if (viewed) ::new (value_address()) RawBytes(raw);
  }
  if (!viewed) release_raw(raw);
  finish_decoding(static_cast<std::uint32_t>(end), kPhaseMask | kRawIsError);
}

const std::byte* StateBase::view_raw(std::size_t& size) noexcept {
  // Acquire: as in settle_slow().
  std::uint32_t seen = status_.load(std::memory_order_acquire);
  while ((seen & (kRaw | kRawIsError)) == kRaw && (seen & kViewed) == 0) {
    if (status_.compare_exchange_weak(seen, seen | kViewed, std::memory_order_acquire,
                                      std::memory_order_acquire)) {
      seen |= kViewed;
    }
  }
  if ((seen & kViewed) == 0 || (seen & kDecoding) != 0) return nullptr;
  const RawBytes& raw = viewed_raw(static_cast<Phase>(seen & kPhaseMask));
  size = raw.size;
  return raw.data;
}

// Where the bytes that are looked at are noted: an error takes their place, and then there is no
// value in its own.
StateBase::RawBytes& StateBase::viewed_raw(Phase phase) noexcept {
  return phase == Phase::failed ? *std::launder(static_cast<RawBytes*>(value_address()))
                                : payload_.raw;
}

// Gives up the right that kDecoding is, with some bits set and others cleared.
void StateBase::finish_decoding(std::uint32_t set, std::uint32_t clear) noexcept {
  std::uint32_t old = status_.load(std::memory_order_relaxed);
  // Release: pairs with the acquire loads of settled() and settle_slow().
  while (!status_.compare_exchange_weak(old, (old & ~(clear | kDecoding | kWaiting)) | set,
                                        std::memory_order_release, std::memory_order_relaxed)) {
  }
  if ((old & kWaiting) != 0) futex_wake_all(status_);
}

void StateBase::release_raw(RawBytes raw) noexcept {
  if (source_ != nullptr) source_->release_raw(*this, raw.data, raw.size);
}

}  // namespace muster::detail
