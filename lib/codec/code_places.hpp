#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <muster/backtrace.hpp>

namespace muster::detail {

// Where another process has the modules of this one: a forked process where this one does, a
// spawned one elsewhere. Thread safety: as a constant.
class CodePlaces {
 public:
  static constexpr std::uint64_t kNotThere = ~std::uint64_t{0};

  // As here.
  CodePlaces() = default;
  // The address from which the other process counts in each module of the first so many of this
  // one. A program that is linked to lie somewhere counts from 0.
  explicit CodePlaces(std::vector<std::uint64_t> bases) : moved_(true), bases_(std::move(bases)) {}

  // Of addresses in the other process.
  Backtrace backtrace(const std::vector<std::uintptr_t>& there) const;

 private:
  std::uintptr_t here(std::uintptr_t there) const;  // 0: nowhere

  bool moved_ = false;
  std::vector<std::uint64_t> bases_;
};

// Of the first `count` modules of this process.
std::vector<std::uint64_t> own_bases(std::size_t count);

}  // namespace muster::detail
