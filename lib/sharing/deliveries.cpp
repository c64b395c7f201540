#include "lib/sharing/deliveries.hpp"

#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include <muster/error.hpp>

#include "lib/common/fork_guard.hpp"
#include "lib/sharing/block_registry.hpp"

namespace muster::detail {

namespace {

struct Delivered {
  BlockReference reference;
  std::shared_ptr<SharedBlock> block;
  std::string why_not;
};

ForkSafeMutex mutex;
struct Table {
  std::unordered_map<std::uint64_t, std::vector<Delivered>> deliveries;
  std::uint64_t last = 0;
};
// Futures may be read until the program's very end.
Table& table() {
  static Table& all = *new Table;
  return all;
}

Delivered open(BlockInbox::Arrived& arrived) {
  const auto& [task, slot, access, flags, pad, reference] = arrived.message;
  Delivered one{reference, BlockRegistry::find(reference.id, access), ""};
  if (one.block != nullptr) return one;  // it was an argument, or stands in the result twice
  try {
    one.block = BlockRegistry::adopt(std::move(arrived.fd), reference, access);
    if ((flags & BlockMessage::kPrivate) != 0) BlockRegistry::mark_new_here(*one.block);
    if ((flags & BlockMessage::kBroadcast) != 0) BlockRegistry::mark_broadcast(*one.block);
  } catch (const EncodingError& error) {
    one.why_not = error.what();
  }
  return one;
}

}  // namespace

std::uint64_t Deliveries::add(std::vector<BlockInbox::Arrived> blocks) {
  std::vector<Delivered> opened;
  opened.reserve(blocks.size());
  for (BlockInbox::Arrived& arrived : blocks) opened.push_back(open(arrived));
  const std::lock_guard lock(mutex);
  const std::uint64_t number = ++table().last * kStep + kMark;
  table().deliveries[number].swap(opened);
  return number;
}

std::shared_ptr<SharedBlock> Deliveries::receive(std::uint64_t delivery,
                                                 const BlockReference& reference,
                                                 SharedBlock::Access access) {
  const std::lock_guard lock(mutex);
  const auto found = table().deliveries.find(delivery);
  if (found != table().deliveries.end()) {
    for (const Delivered& one : found->second) {
      if (one.reference.id != reference.id) continue;
      if (one.block == nullptr) throw EncodingError(one.why_not);
      const bool writable = one.block->access() == SharedBlock::Access::read_write;
      if (writable || access == SharedBlock::Access::read_only) return one.block;
    }
  }
  throw EncodingError(
      "a result names an array in shared memory that did not come with it: its bytes were written "
      "over, or there was no file descriptor left for it (ulimit -n)");
}

void Deliveries::drop(std::uint64_t delivery) noexcept {
  std::vector<Delivered> dropped;  // outside of the lock
  const std::lock_guard lock(mutex);
  const auto found = table().deliveries.find(delivery);
  if (found == table().deliveries.end()) return;
  dropped.swap(found->second);
  table().deliveries.erase(found);
}

}  // namespace muster::detail
