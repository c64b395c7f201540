// Messages that name blocks of shared memory, and blocks that hold anything: arrays lie within
// their block, values are decoded or refused.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <muster/muster.hpp>

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

namespace fuzz {
namespace {

using muster::Decoder;
using muster::EncodingError;
using muster::Shared;
using muster::SharedArray;
using muster::detail::BlockReceiver;
using muster::detail::BlockReference;
using muster::detail::KeptObject;
using muster::detail::SharedBlock;

constexpr std::size_t kBlock = 4096;

// One block, whatever is asked for, of the size that was said or none; and a place for what is made
// of it, as in a worker.
class OneBlock final : public BlockReceiver {
 public:
  explicit OneBlock(std::span<const std::uint8_t> content) {
    static const auto block = SharedBlock::make(kBlock);
    std::memset(block->data(), 0, kBlock);
    std::memcpy(block->data(), content.data(), std::min(content.size(), kBlock));
    block_ = block;
  }
  std::shared_ptr<SharedBlock> receive(const BlockReference& reference,
                                       SharedBlock::Access /*access*/) override {
    if (reference.size != kBlock) throw EncodingError("a block of another size");
    return block_;
  }
  KeptObject* kept(std::uint64_t number, const BlockReference& /*reference*/) override {
    return number % 2 == 0 ? nullptr : &kept_[number];
  }
  bool holds(const void* data, std::size_t bytes) const {
    const auto* const begin = static_cast<const std::byte*>(data);
    return begin >= block_->data() && bytes <= kBlock && begin + bytes <= block_->data() + kBlock;
  }

 private:
  std::shared_ptr<SharedBlock> block_;
  std::map<std::uint64_t, KeptObject> kept_;
};

template <class T>
void require_within(const OneBlock& block, const SharedArray<T>& array) {
  if (array.empty()) return;
  require(block.holds(array.data(), array.size() * sizeof(T)), "an array lies in its block");
  require(reinterpret_cast<std::uintptr_t>(array.data()) % alignof(T) == 0,
          "an array is aligned for its elements");
}

template <class T>
void read_array(Decoder& in, const OneBlock& block) {
  require_within(block, in.read<SharedArray<T>>());
}

template <class T>
void read_shared(Decoder& in, const OneBlock& /*block*/) {
  const auto first = in.read<Shared<T>>();
  if (first) static_cast<void>(first.get());
  const auto second = in.read<Shared<T>>();
  if (second) static_cast<void>(second.get());
}

void read_arrays_in_shared(Decoder& in, const OneBlock& block) {
  const auto shared = in.read<Shared<std::vector<SharedArray<int>>>>();
  if (!shared) return;
  for (const SharedArray<int>& array : *shared) require_within(block, array);
}

using Reader = void (*)(Decoder& in, const OneBlock& block);
constexpr Reader kReaders[] = {
    &read_array<char>,
    &read_array<const double>,
    &read_array<long double>,
    &read_shared<int>,
    &read_shared<std::vector<std::string>>,
    &read_shared<std::map<std::string, std::vector<double>>>,
    &read_arrays_in_shared,
    // Of one number, as two types.
    [](Decoder& in, const OneBlock& block) {
      read_shared<std::string>(in, block);
      read_shared<std::vector<int>>(in, block);
    },
};

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  Input input(data, size);
  const Reader read = kReaders[input.below(std::size(kReaders))];
  const auto message = input.take_bytes(input.take<std::uint8_t>());
  alignas(64) std::uint8_t aligned[256] = {};
  std::copy(message.begin(), message.end(), aligned);
  OneBlock block(input.rest());
  Decoder in(reinterpret_cast<const std::byte*>(aligned), message.size(), nullptr, &block);
  try {
    read(in, block);
  } catch (const EncodingError&) {
    // It is none.
  }
  return 0;
}
