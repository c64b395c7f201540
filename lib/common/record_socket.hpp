#pragma once

#include <sys/types.h>

#include <cstddef>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

// Records with a descriptor beside them, over a SOCK_SEQPACKET socket. Each is whole or not there.

// The size, or -1 and errno; -1 and EMSGSIZE where less was sent. `fd_along`: -1 for none. `flags`:
// of sendmsg(2). Sends no SIGPIPE.
ssize_t send_record(int socket, const void* record, std::size_t size, int fd_along, int flags);

// As recvmsg(2) that does not wait; the size is that of the whole record, of which no more than
// `size` bytes are stored. `fd_along` is set where a descriptor came, and this process had one left
// for it; it is closed on exec. Of several the first comes.
ssize_t receive_record(int socket, void* record, std::size_t size, FileDescriptor& fd_along);

}  // namespace muster::detail
