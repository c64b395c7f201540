#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <muster/detail/modules.hpp>
#include <muster/encoder.hpp>

namespace muster::detail {

// Encodes one message after another into memory of its own. What means nothing in another run of
// the program, addresses of functions and blocks of shared memory, is an EncodingError.
// Thread safety: none.
class ScratchEncoder {
 public:
  ScratchEncoder() : growth_(bytes_) {}
  ScratchEncoder(const ScratchEncoder&) = delete;
  ScratchEncoder& operator=(const ScratchEncoder&) = delete;

  // An empty message; the one before is gone.
  Encoder& begin() {
    out_.emplace(bytes_.data(), bytes_.data() + bytes_.size(), &growth_, &no_modules_);
    return *out_;
  }
  // What was written since.
  std::span<const std::byte> bytes() const { return {out_->data(), out_->size()}; }

 private:
  class VectorGrowth final : public Growth {
   public:
    explicit VectorGrowth(std::vector<std::byte>& bytes) : bytes_(bytes) {}

    std::byte* grow(std::byte* /*old*/, std::size_t /*used*/, std::size_t wanted,
                    std::byte*& new_end) override {
      bytes_.resize(std::max(wanted, bytes_.size() * 2));
      new_end = bytes_.data() + bytes_.size();
      return bytes_.data();
    }

   private:
    std::vector<std::byte>& bytes_;
  };

  std::vector<std::byte> bytes_ = std::vector<std::byte>(256);
  VectorGrowth growth_;
  ModuleTable no_modules_;
  std::optional<Encoder> out_;
};

}  // namespace muster::detail
