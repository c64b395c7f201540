#pragma once

// Memory that is called a pool's, made by a test.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "lib/common/file_descriptor.hpp"
#include "lib/segments/layout.hpp"

namespace test_support {

enum class Sealed { yes, no };

inline muster::detail::FileDescriptor make_memory(const std::string& name,
                                                  std::span<const std::byte> bytes,
                                                  std::size_t size, Sealed sealed = Sealed::yes) {
  muster::detail::FileDescriptor fd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const bool made =
      fd && ::ftruncate(fd.get(), static_cast<off_t>(size)) == 0 &&
      ::pwrite(fd.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()) &&
      (sealed == Sealed::no || ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
  if (!made) throw std::system_error(errno, std::generic_category(), "memfd " + name);
  return fd;
}

// A geometry like a pool's, with little memory.
inline muster::detail::Geometry small_geometry() {
  muster::detail::Geometry geometry;
  geometry.workers = 2;
  geometry.slots = 64;
  geometry.ring_cells = 128;
  geometry.arguments_bytes = 64 * 1024;
  geometry.arena_bytes = 64 * 1024;
  geometry.window_bytes = geometry.arena_at() + geometry.arena_bytes;
  return geometry;
}

// The first page of a pool's tasks, with a header that is right in all.
inline std::vector<std::byte> header_bytes(const muster::detail::Geometry& geometry,
                                           pid_t client = ::getpid()) {
  using muster::detail::PoolHeader;
  std::vector<std::byte> bytes(muster::detail::kPage);
  auto* header = new (bytes.data()) PoolHeader{};
  header->magic = muster::detail::kPoolMagic;
  header->version = muster::detail::kLayoutVersion;
  header->layout_hash = muster::detail::layout_hash();
  header->client_pid = static_cast<std::uint32_t>(client);
  header->geometry = geometry;
  header->created_realtime_ns = 1'700'000'000'000'000'000;
  header->created_monotonic_ns = 1;
  header->created_ticks = 1;
  header->state.store(muster::detail::PoolPhase::running);
  return bytes;
}

}  // namespace test_support
