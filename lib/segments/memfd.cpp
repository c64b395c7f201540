#include "lib/segments/memfd.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <boost/interprocess/exceptions.hpp>

#include <muster/error.hpp>

#include "lib/segments/headroom.hpp"

namespace muster::detail {

namespace bip = boost::interprocess;

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

Memfd Memfd::create(const std::string& name, std::size_t size) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      limit.rlim_cur < size) {
    throw Error("cannot make " + std::to_string(size) + " bytes of shared memory: the file size" +
                " limit (ulimit -f) is " + std::to_string(limit.rlim_cur) +
                " bytes; raise it, or ask for less");
  }
  FileDescriptor fd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) {
    const int error = errno;
    throw Error("cannot make shared memory: " + reason(error) +
                (error == EMFILE ? "; raise the limit of open files (ulimit -n)" : ""));
  }
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
    throw Error("cannot size shared memory to " + std::to_string(size) +
                " bytes: " + reason(errno));
  }
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
    throw Error("cannot seal shared memory: " + reason(errno));
  }
  return adopt(std::move(fd), bip::read_write, size);
}

Memfd Memfd::adopt(FileDescriptor fd, bip::mode_t mode, std::size_t size) {
  Memfd memory;
  memory.fd_ = std::move(fd);
  memory.mode_ = mode;
  memory.size_ = size;
  return memory;
}

Memfd Memfd::reopen_read_only() const {
  const std::string path = "/proc/self/fd/" + std::to_string(fd_.get());
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    throw Error("cannot reopen the pool's shared memory read-only through " + path + ": " +
                reason(errno));
  }
  return adopt(std::move(fd), bip::read_only, size_);
}

bip::mapped_region map_shared(const Memfd& memory, bip::mode_t mode, std::size_t offset,
                              std::size_t size) {
  try {
    bip::mapped_region region(memory, mode, static_cast<bip::offset_t>(offset), size, nullptr,
                              MAP_NORESERVE);
    // A child that the user forks must not hold the pool's memory; Muster's own processes map it
    // anew, each with the rights that are due to it.
    if (::madvise(region.get_address(), region.get_size(), MADV_DONTFORK) != 0) {
      throw Error("cannot keep the pool's shared memory from being inherited: " + reason(errno));
    }
    return region;
  } catch (const bip::interprocess_exception& e) {
    throw Error("cannot map " + std::to_string(size) + " bytes of the pool's shared memory: " +
                e.what() + "; the address space limit (ulimit -v) may be too low");
  }
}

namespace {

// Past the file size limit fallocate and write bring a signal.
bool within_file_size_limit(std::size_t offset, std::size_t size) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
         (offset <= limit.rlim_cur && size <= limit.rlim_cur - offset);
}

bool back_with_pages(int fd, std::size_t offset, std::size_t size) {
  if (!within_file_size_limit(offset, size)) return false;
  int result = 0;
  do {
    result = ::fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(size));
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

// Inside a memory cgroup fallocate brings the OOM killer instead of an error: look first. And again
// at each step: other processes may be taking what was seen.
bool allocate_pages(int fd, std::size_t offset, std::size_t size) {
  constexpr std::size_t kStep = std::size_t{16} << 20;
  if (size > memory_headroom()) return false;
  for (std::size_t done = 0; done < size; done += kStep) {
    const std::size_t step = std::min(kStep, size - done);
    if ((done != 0 && size - done > memory_headroom()) ||
        !back_with_pages(fd, offset + done, step)) {
      release_pages(fd, offset, done + step);  // the kernel may have left off in the middle of it
      return false;
    }
  }
  return true;
}

bool allocate_pieces(std::span<const Piece> all) {
  std::size_t sum = 0;
  for (const Piece& each : all) sum += each.size;
  return sum <= memory_headroom() && std::ranges::all_of(all, [](const Piece& each) {
           return back_with_pages(each.fd, each.offset, each.size);
         });
}

bool allocate_few_pages(int fd, std::size_t offset, std::size_t size) {
  return back_with_pages(fd, offset, size);
}

bool write_pages(int fd, std::size_t offset, const void* data, std::size_t size) noexcept {
  if (!within_file_size_limit(offset, size)) return false;
  const auto* from = static_cast<const std::byte*>(data);
  while (size != 0) {
    const ssize_t written = ::pwrite(fd, from, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    from += written;
    offset += static_cast<std::size_t>(written);
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

void release_pages(int fd, std::size_t offset, std::size_t size) {
  // Should the kernel refuse, the pages stay until the pool ends: nothing depends on it.
  ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
              static_cast<off_t>(size));
}

}  // namespace muster::detail
