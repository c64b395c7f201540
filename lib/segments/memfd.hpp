#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <boost/interprocess/detail/os_file_functions.hpp>
#include <boost/interprocess/interprocess_fwd.hpp>
#include <boost/interprocess/mapped_region.hpp>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

// Memory without a name in the file system: nothing is left when the last process that holds it
// ends. Its whole length is given at birth and sealed, so that no reader can ever touch a page
// past its end; pages come into being when they are first touched or allocated (allocate_pages()).
//
// A type that Boost.Interprocess can map: it has get_mapping_handle() and get_mode().
class Memfd {
 public:
  Memfd() = default;

  // Throws Error if the kernel has no descriptors or memory left, or if RLIMIT_FSIZE is below
  // `size`: past that limit the kernel sends a signal rather than an error.
  static Memfd create(const std::string& name, std::size_t size);

  // Takes a descriptor opened elsewhere.
  static Memfd adopt(FileDescriptor fd, boost::interprocess::mode_t mode, std::size_t size);

  // The same memory through a descriptor that cannot be mapped writable, not even by mprotect
  // later. Throws Error where /proc is not mounted.
  Memfd reopen_read_only() const;

  boost::interprocess::mapping_handle_t get_mapping_handle() const {
    return boost::interprocess::ipcdetail::mapping_handle_from_file_handle(fd_.get());
  }
  boost::interprocess::mode_t get_mode() const { return mode_; }

  int fd() const { return fd_.get(); }
  std::size_t size() const { return size_; }
  explicit operator bool() const { return static_cast<bool>(fd_); }
  void close() { fd_.reset(); }
  // The descriptor, which the caller closes.
  FileDescriptor release() { return std::move(fd_); }

 private:
  FileDescriptor fd_;
  boost::interprocess::mode_t mode_ = boost::interprocess::read_write;
  std::size_t size_ = 0;
};

// Maps [offset, offset + size). Pages are not copied into children that the user forks.
// Throws Error where the address space runs out.
boost::interprocess::mapped_region map_shared(const Memfd& memory, boost::interprocess::mode_t mode,
                                              std::size_t offset, std::size_t size);

// Backs [offset, offset + size) of the memory with pages, so that touching them later cannot fail.
// False where there is no memory (or no headroom in the cgroup) for it; nothing is lost then.
bool allocate_pages(int fd, std::size_t offset, std::size_t size);
// The same for several, of which some may have pages afterwards when it fails.
struct Piece {
  int fd;
  std::size_t offset;
  std::size_t size;
};
bool allocate_pieces(std::span<const Piece> all);
// The same for so few that to look at the headroom would take longer: any page of the process's own
// comes unseen, too.
bool allocate_few_pages(int fd, std::size_t offset, std::size_t size);
// Copies to [offset, offset + size), which has pages, without touching them through a mapping: for
// the first time that costs a fraction of the faults. False: a part was copied, or nothing.
bool write_pages(int fd, std::size_t offset, const void* data, std::size_t size) noexcept;
// Gives them back: what is read there afterwards is zero.
void release_pages(int fd, std::size_t offset, std::size_t size);

}  // namespace muster::detail
