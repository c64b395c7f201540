#include "worker/block_cache.hpp"

#include <algorithm>
#include <utility>

#include "lib/common/fork_guard.hpp"
#include "lib/sharing/block_channel.hpp"
#include "lib/sharing/block_registry.hpp"

namespace muster::detail {

BlockCache::BlockCache(pid_t client, int socket, const std::atomic<std::uint32_t>& gone,
                       WorkerRecord& record)
    : opener_(client),
      socket_(socket),
      record_(record),
      forks_(forks_of_the_program()),
      gone_(gone) {}

std::shared_ptr<SharedBlock> BlockCache::receive(const BlockReference& reference,
                                                 SharedBlock::Access access) {
  counts_ = true;
  const Key key{reference.id, access};
  if (const auto found = cached_.find(key);
      found != cached_.end() && found->second.block->size() == reference.size) {
    found->second.used = ++uses_;
    return found->second.block;
  }
  auto block = BlockRegistry::adopt(opener_.open(reference, access), reference, access);
  cached_.insert_or_assign(key, Cached{block, reference, ++uses_});
  return block;
}

// Of those that nobody uses: what a task was given is unused when it has ended.
void BlockCache::forget_oldest() {
  std::vector<std::pair<std::uint64_t, Key>> unused;
  for (const auto& [key, cached] : cached_) {
    if (cached.block.use_count() == 1) unused.emplace_back(cached.used, key);
  }
  if (unused.size() <= kMostUnused) return;
  const auto newest = unused.end() - static_cast<std::ptrdiff_t>(kMostUnused);
  std::ranges::nth_element(unused, newest);
  std::for_each(unused.begin(), newest, [this](const auto& each) { cached_.erase(each.second); });
}

BlockReference BlockCache::send(const std::shared_ptr<SharedBlock>& block) {
  counts_ = true;
  const BlockReference reference = BlockRegistry::reference_of(*block);
  if (sent_.emplace(reference.id, block->access()).second) {
    const std::uint32_t flags =
        (BlockRegistry::is_private(*block) ? BlockMessage::kPrivate : 0) |
        (BlockRegistry::is_broadcast(*block) ? BlockMessage::kBroadcast : 0);
    send_block(socket_, {task_, slot_, block->access(), flags, 0, reference}, reference.fd);
    BlockRegistry::mark_sent(*block);
  }
  return {reference.id, reference.size, -1, 0};
}

// All that are mapped here but those that only the cache has. A program that has forked in a task
// may have them in that child for as long as it likes, and so may the workers of a pool that a task
// has made.
void BlockCache::count_held() {
  if (cached_.size() > kMostUnused) forget_oldest();
  const auto only_cached = static_cast<std::size_t>(std::ranges::count_if(
      cached_, [](const auto& entry) { return entry.second.block.use_count() == 1; }));
  const std::size_t live = BlockRegistry::live();
  std::size_t held = live > only_cached ? live - only_cached : 0;
  if (forks_of_the_program() != forks_ || BlockRegistry::users_hold_blocks()) ++held;
  // Release pairs with the client's look once it has seen the task's end.
  record_.blocks_held.store(held, std::memory_order_release);
}

void BlockCache::look_for_stale() {
  // These first: an array that only such an object holds is unused then.
  std::erase_if(kept_,
                [this](const auto& entry) { return !opener_.client_has(entry.second.reference); });
  boost::unordered::erase_if(cached_, [this](const auto& entry) {
    const Cached& cached = entry.second;
    return cached.block.use_count() == 1 && !opener_.client_has(cached.reference);
  });
}

KeptObject* BlockCache::kept(std::uint64_t number, const BlockReference& reference) {
  counts_ = true;
  const auto [entry, is_new] = kept_.try_emplace(number);
  if (is_new) entry->second.reference = reference;
  return &entry->second.object;
}

}  // namespace muster::detail
