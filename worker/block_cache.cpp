#include "worker/block_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <muster/error.hpp>

#include "lib/common/fork_guard.hpp"
#include "lib/sharing/block_channel.hpp"
#include "lib/sharing/block_registry.hpp"

namespace muster::detail {

namespace {

std::string path_of(pid_t client, int fd) {
  return "/proc/" + std::to_string(client) + "/fd/" + std::to_string(fd);
}

}  // namespace

BlockCache::BlockCache(pid_t client, int socket, const std::atomic<std::uint32_t>& gone,
                       WorkerRecord& record)
    : client_(client),
      socket_(socket),
      record_(record),
      forks_(forks_of_the_program()),
      gone_(gone) {}

std::shared_ptr<SharedBlock> BlockCache::receive(const BlockReference& reference,
                                                 SharedBlock::Access access) {
  counts_ = true;
  for (Cached& cached : cached_) {
    if (cached.reference.id != reference.id || cached.block->access() != access) continue;
    if (cached.block->size() != reference.size) break;
    cached.used = ++uses_;
    return cached.block;
  }
  const std::string path = path_of(client_, reference.fd);
  const int mode = access == SharedBlock::Access::read_only ? O_RDONLY : O_RDWR;
  FileDescriptor fd(::open(path.c_str(), mode | O_CLOEXEC));
  if (!fd) {
    const int error = errno;
    std::string text = "a worker cannot open an array in shared memory through " + path + ": " +
                       std::generic_category().message(error);
    if (error == EACCES || error == EPERM) {
      text +=
          "; the client is not dumpable (prctl(2), PR_SET_DUMPABLE), or its worker has changed "
          "its user";
    }
    throw EncodingError(text);
  }
  auto block = BlockRegistry::adopt(std::move(fd), reference, access);
  keep(block, reference);
  return block;
}

void BlockCache::keep(std::shared_ptr<SharedBlock> block, const BlockReference& reference) {
  if (cached_.size() >= kMost) {
    const auto oldest = std::ranges::min_element(cached_, {}, &Cached::used);
    cached_.erase(oldest);
  }
  cached_.push_back({std::move(block), reference, ++uses_});
}

BlockReference BlockCache::send(const std::shared_ptr<SharedBlock>& block) {
  counts_ = true;
  const BlockReference reference = BlockRegistry::reference_of(*block);
  send_block(socket_, {task_, slot_, block->access(), reference}, reference.fd);
  BlockRegistry::mark_sent(*block);
  ++sent_;
  return {reference.id, reference.size, -1, 0};
}

// All that are mapped here but those that only the cache has. A program that has forked in a task
// may have them in that child for as long as it likes, and so may the workers of a pool that a task
// has made.
void BlockCache::count_held() {
  const auto only_cached = static_cast<std::size_t>(std::ranges::count_if(
      cached_, [](const Cached& cached) { return cached.block.use_count() == 1; }));
  const std::size_t live = BlockRegistry::live();
  std::size_t held = live > only_cached ? live - only_cached : 0;
  if (forks_of_the_program() != forks_ || BlockRegistry::users_hold_blocks()) ++held;
  // Release pairs with the client's look once it has seen the task's end.
  record_.blocks_held.store(held, std::memory_order_release);
}

bool BlockCache::client_has(const BlockReference& reference) const {
  struct stat status {};
  return ::stat(path_of(client_, reference.fd).c_str(), &status) == 0 &&
         status.st_ino == reference.id;
}

void BlockCache::look_for_stale() {
  std::erase_if(cached_, [this](const Cached& cached) {
    return cached.block.use_count() == 1 && !client_has(cached.reference);
  });
  std::erase_if(kept_, [this](const auto& entry) { return !client_has(entry.second.reference); });
}

KeptObject* BlockCache::kept(std::uint64_t number, const BlockReference& reference) {
  counts_ = true;
  const auto [entry, is_new] = kept_.try_emplace(number);
  if (is_new) entry->second.reference = reference;
  return &entry->second.object;
}

}  // namespace muster::detail
