#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <muster/detail/future_state.hpp>
#include <muster/detail/task_call.hpp>

namespace muster::detail {

// Size of a result that needs no more than to be copied; StateOps::kDecoded for others. A bool is
// decoded, because a byte that is neither 0 nor 1 would be no bool.
template <class R>
constexpr std::int32_t bitwise_result_size() {
  if constexpr (std::is_void_v<R>) {
    return 0;
  } else if constexpr (std::is_same_v<R, bool> || !travels_as_bytes<R>() ||
                       sizeof(R) > std::numeric_limits<std::int32_t>::max()) {
    return StateOps::kDecoded;
  } else {
    return static_cast<std::int32_t>(sizeof(R));
  }
}

// The state of a task of a process pool: its result comes as bytes. `kDecode` makes an R of them.
template <class R, R (*kDecode)(Decoder&), std::int32_t kBitwiseSize>
class DecodedState final : public FutureState<R> {
  static void decode(StateBase& state, Decoder& in) {
    static_cast<DecodedState&>(state).emplace_from([&]() -> R { return kDecode(in); });
  }

  static const StateOps kOps;

 public:
  DecodedState() noexcept : FutureState<R>(kOps) {}
};

template <class R, R (*kDecode)(Decoder&), std::int32_t kBitwiseSize>
constexpr StateOps DecodedState<R, kDecode, kBitwiseSize>::kOps = {
    .block_size = kBlockSize<DecodedState>,
    .value_offset = FutureState<R>::value_offset(),
    .bitwise_size = kBitwiseSize,
    .destroy_value = FutureState<R>::value_destroyer(),
    .decode_value = &DecodedState::decode,
    .run = nullptr,
    .drop_call = nullptr,
    .callable = nullptr,
};

template <class R>
R decode_whole_result(Decoder& in) {
  if constexpr (std::is_void_v<R>) {
    check_all_read(in);
  } else {
    R value = decode_result<R>(in);
    check_all_read(in);
    return value;
  }
}

template <class R>
using TravelState = DecodedState<R, &decode_whole_result<R>, bitwise_result_size<R>()>;

}  // namespace muster::detail
