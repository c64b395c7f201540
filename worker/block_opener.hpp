#pragma once

// The client's blocks of shared memory, as a worker opens them: by the client's table of
// descriptors, or through its supervisor where it may not (lib/sharing/block_broker.hpp).

#include <sys/types.h>

#include <muster/detail/shared_block.hpp>

#include "lib/common/file_descriptor.hpp"
#include "lib/sharing/block_broker.hpp"

namespace muster::detail {

class BlockOpener {
 public:
  explicit BlockOpener(pid_t client) : client_(client) {}

  // From now on through the supervisor. `channel`: the workers' end of its broker's.
  void go_through(int channel) { asker_ = BlockAsker(channel); }

  // Throws EncodingError that says why not.
  FileDescriptor open(const BlockReference& reference, SharedBlock::Access access) const;
  // Whether the client has it still.
  bool client_has(const BlockReference& reference) const;

 private:
  const pid_t client_;
  BlockAsker asker_;
};

}  // namespace muster::detail
