#include "lib/mpi/relay_task.hpp"

#include <muster/detail/state_allocator.hpp>

namespace muster::detail {

const StateOps RelayTask::kOps = {
    .block_size = kBlockSize<RelayTask>,
    .value_offset = 0,  // there is no value
    .bitwise_size = StateOps::kDecoded,
    .destroy_value = nullptr,
    .decode_value = nullptr,
    .run = nullptr,
    .drop_call = nullptr,
    .callable = nullptr,
    .take_bytes = &RelayTask::take_bytes,
};

bool RelayTask::take_bytes(StateBase& state, RawKind kind, const std::byte* data,
                           std::size_t size) noexcept {
  auto& self = static_cast<RelayTask&>(state);
  self.size_ = size;
  self.has_bytes_ = true;
  const bool copied = size <= StateOps::kTakenAtOnce;
  if (copied) {
    if (size != 0) std::memcpy(self.bytes_, data, size);
  } else {
    self.kept_ = data;
  }
  if (kind == RawKind::exception) state.put_error(nullptr);  // there is none but the bytes
  state.publish(kind == RawKind::value ? Phase::succeeded : Phase::failed, 0);
  return copied;
}

}  // namespace muster::detail
