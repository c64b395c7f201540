#include "lib/sharing/block_registry.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <muster/detail/huge_pages.hpp>
#include <muster/error.hpp>

#include "lib/common/fork_guard.hpp"
#include "lib/common/small_file.hpp"
#include "lib/segments/geometry.hpp"
#include "lib/segments/headroom.hpp"
#include "lib/segments/memfd.hpp"

namespace muster::detail {

namespace {

using Access = SharedBlock::Access;

std::string reason(int error) { return std::generic_category().message(error); }

struct Entry {
  std::weak_ptr<SharedBlock> block;
  const SharedBlock* address;
};

// Static objects of the program's may hold blocks until its very end.
struct Tables {
  std::unordered_multimap<std::uint64_t, Entry> blocks;
  std::size_t own = 0;  // of these, mapped by this very process
  std::uint64_t last = 0;
  std::vector<BlockUser*> users;
};
ForkSafeMutex tables_mutex;
Tables& tables() {
  static Tables& all = *new Tables;
  return all;
}

// The pools of the parent are not this process's, and its blocks are inherited.
const ForkHandler forget_what_was_the_parents([] {
  tables().users.clear();
  tables().own = 0;
});

bool serves(Access has, Access wanted) {
  return has == Access::read_write || wanted == Access::read_only;
}

// Whether the system gives huge pages to shared memory of those who ask.
bool has_huge_pages() {
  static const bool has = [] {
    const std::string policy = read_small_file("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
    return !policy.empty() && policy.find("[never]") == std::string::npos &&
           policy.find("[deny]") == std::string::npos;
  }();
  return has;
}

// Asked for by way of the mapping: pages that are allocated by way of the file are small ones.
// False: there are no huge pages, or no memory.
bool back_with_huge_pages(std::byte* data, std::size_t size) {
  return size >= kWorthHugePages && has_huge_pages() && size <= memory_headroom() &&
         ::madvise(data, page_up(size), MADV_POPULATE_WRITE) == 0;
}

// By what the kernel said last.
std::string cannot_be_mapped() {
  return " cannot be mapped: " + reason(errno) +
         "; the address space limit (ulimit -v) may be too low";
}

EncodingError not_the_block(const std::string& why) {
  return EncodingError("an array in shared memory did not arrive: " + why);
}

}  // namespace

std::shared_ptr<SharedBlock> SharedBlock::make(std::size_t size) {
  return BlockRegistry::make(size);
}

SharedBlock::~SharedBlock() {
  // Before anybody is told that this one is gone: what workers keep of it names these.
  names_.clear();
  BlockRegistry::forget(*this);
  if (data_ != nullptr) ::munmap(data_, size_);
  FileDescriptor(fd_).reset();
  if (data_ != nullptr) BlockRegistry::tell_users(broadcast_);
}

std::shared_ptr<SharedBlock> BlockRegistry::make(std::size_t size) {
  const auto no_memory = [&](const std::string& why) {
    return Error("there is no memory for an array of " + std::to_string(size) +
                 " bytes that processes share" + why);
  };
  if (size > memory_headroom()) throw no_memory(memory_limits_hint());
  Memfd memory = Memfd::create("muster:array", page_up(size));
  struct stat status {};
  if (::fstat(memory.fd(), &status) != 0) {
    throw Error("cannot look at the memory of a shared array: " + reason(errno));
  }
  auto block = map(memory.release(), status.st_ino, size, Access::read_write);
  if (block == nullptr) throw no_memory(": they" + cannot_be_mapped());
  block->ours_ = true;
  if (!back_with_huge_pages(block->data_, size) && !allocate_pages(block->fd_, 0, page_up(size))) {
    throw no_memory(memory_limits_hint());
  }
  return block;
}

std::shared_ptr<SharedBlock> BlockRegistry::adopt(FileDescriptor fd,
                                                  const BlockReference& reference, Access access) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw not_the_block(reason(errno));
  if (status.st_ino != reference.id) {
    throw not_the_block("its memory is gone: whoever sent it has let it go meanwhile");
  }
  // One that shrank would end who reads it with SIGBUS.
  const int seals = ::fcntl(fd.get(), F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || reference.size == 0 || status.st_size < 0 ||
      reference.size > static_cast<std::uint64_t>(status.st_size)) {
    throw not_the_block("what came in its place is no memory of the size that was said");
  }
  auto block = map(std::move(fd), reference.id, reference.size, access);
  if (block == nullptr) {
    throw not_the_block(std::to_string(reference.size) + " bytes of it" + cannot_be_mapped());
  }
  return block;
}

// Null, with errno set, where it cannot be mapped.
std::shared_ptr<SharedBlock> BlockRegistry::map(FileDescriptor fd, std::uint64_t id,
                                                std::size_t size, Access access) {
  // Before the mapping, so that nothing is lost where there is no memory for it.
  std::shared_ptr<SharedBlock> block(new SharedBlock);
  const int protection = access == Access::read_write ? PROT_READ | PROT_WRITE : PROT_READ;
  void* const at = ::mmap(nullptr, size, protection, MAP_SHARED, fd.get(), 0);
  if (at == MAP_FAILED) return nullptr;
  if (size >= kWorthHugePages) ask_for_huge_pages(at, size);
  block->data_ = static_cast<std::byte*>(at);
  block->size_ = size;
  block->id_ = id;
  block->fd_ = fd.release();
  block->access_ = access;
  block->forks_ = forks_of_the_program();
  block->generation_ = fork_generation();
  const std::lock_guard lock(tables_mutex);
  tables().blocks.emplace(id, Entry{block, block.get()});
  block->number_ = ++tables().last;
  ++tables().own;
  return block;
}

std::shared_ptr<SharedBlock> BlockRegistry::find(std::uint64_t id, Access access) {
  // Handles that may turn out to be the last, and are let go without the lock.
  std::vector<std::shared_ptr<SharedBlock>> others;
  const std::lock_guard lock(tables_mutex);
  const auto [first, last] = tables().blocks.equal_range(id);
  for (auto entry = first; entry != last; ++entry) {
    // Locked first: `address` may be freed any moment of one that is about to be forgotten.
    std::shared_ptr<SharedBlock> block = entry->second.block.lock();
    if (block == nullptr) continue;
    if (serves(block->access(), access)) return block;
    others.push_back(std::move(block));
  }
  return nullptr;
}

std::size_t BlockRegistry::live() noexcept {
  const std::lock_guard lock(tables_mutex);
  return tables().own;
}

void BlockRegistry::add_user(BlockUser& user) {
  const std::lock_guard lock(tables_mutex);
  tables().users.push_back(&user);
}

void BlockRegistry::user_can_be_asked(BlockUser& user) noexcept {
  const std::lock_guard lock(tables_mutex);
  user.inherited_ = tables().last;
  user.inherits_ = tables().own != 0;
  user.can_be_asked_ = true;
}

void BlockRegistry::remove_user(BlockUser& user) noexcept {
  const std::lock_guard lock(tables_mutex);
  std::erase(tables().users, &user);
}

bool BlockRegistry::users_hold_blocks() noexcept {
  const std::lock_guard lock(tables_mutex);
  return std::ranges::any_of(tables().users, [](const BlockUser* user) {
    return !user->can_be_asked_ || user->inherits_ || user->workers_hold_blocks();
  });
}

void BlockRegistry::tell_users(bool at_once) noexcept {
  const std::lock_guard lock(tables_mutex);
  for (BlockUser* user : tables().users) user->tell_block_gone(at_once);
}

// With the tables locked.
bool BlockRegistry::may_be_elsewhere(const SharedBlock& block) noexcept {
  const auto reaches = [&](const BlockUser* user) {
    return !user->can_be_asked_ || user->workers_hold_blocks() || block.number_ <= user->inherited_;
  };
  return !block.ours_ || block.generation_ != fork_generation() ||
         std::ranges::any_of(tables().users, reaches) || block.forks_ != forks_of_the_program();
}

bool BlockRegistry::is_private(const SharedBlock& block) noexcept {
  const std::lock_guard lock(tables_mutex);
  return !may_be_elsewhere(block);
}

void BlockRegistry::forget(SharedBlock& block) noexcept {
  bool reachable = true;
  {
    const std::lock_guard lock(tables_mutex);
    auto& [blocks, own, last, users] = tables();
    const auto [first, end] = blocks.equal_range(block.id_);
    const auto mine =
        std::find_if(first, end, [&](const auto& entry) { return entry.second.address == &block; });
    if (mine == end) return;  // it was never mapped
    blocks.erase(mine);
    if (block.generation_ == fork_generation()) --own;
    reachable = may_be_elsewhere(block) || blocks.contains(block.id_);
  }
  if (!reachable) release_pages(block.fd_, 0, page_up(block.size_));
}

}  // namespace muster::detail
