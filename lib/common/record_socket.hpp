#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

// Records with descriptors beside them, over a SOCK_SEQPACKET socket. Each is whole or not there.

inline constexpr std::size_t kMostFilesAlong = 16;

// The size, or -1 and errno; -1 and EMSGSIZE where less was sent. `files`: at most kMostFilesAlong.
// `flags`: of sendmsg(2). Sends no SIGPIPE.
ssize_t send_record(int socket, const void* record, std::size_t size, std::span<const int> files,
                    int flags);

// As recvmsg(2) with `flags`; the size is that of the whole record, of which no more than `size`
// bytes are stored. `files` are set, the first ones, where descriptors came and this process had
// some left for them; they are closed on exec. What there is no place for is closed.
ssize_t receive_record(int socket, void* record, std::size_t size, std::span<FileDescriptor> files,
                       int flags);

}  // namespace muster::detail
