#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include <muster/detail/chunk.hpp>
#include <muster/detail/chunk_codec.hpp>
#include <muster/error.hpp>

#include "lib/common/checksum.hpp"

namespace muster::detail {
namespace {

constexpr std::size_t kHeader = sizeof(std::uint64_t);

constexpr std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

// Grows with what is written.
class VectorGrowth final : public Growth {
 public:
  explicit VectorGrowth(std::vector<std::byte>& bytes) : bytes_(bytes) {}

  std::byte* grow(std::byte*, std::size_t, std::size_t wanted, std::byte*& new_end) override {
    bytes_.resize(std::max(wanted, bytes_.size() * 2));
    new_end = bytes_.data() + bytes_.size();
    return bytes_.data();
  }

 private:
  std::vector<std::byte>& bytes_;
};

}  // namespace

void throw_bad_chunk() {
  throw EncodingError(
      "the bytes of a chunk of map make no sense; the memory they came in was overwritten, or a "
      "Codec reads more than it writes");
}

void ChunkWriter::open(ChunkRecord kind) {
  out_.align(kHeader);
  if (sum_key() != 0) {
    const std::uint64_t sum[] = {ChunkHeader::pack(ChunkRecord::padding, 0, kHeader), 0};
    out_.write(sum, sizeof(sum));
  }
  header_at_ = out_.size();
  const std::uint64_t nothing = ChunkHeader::pack(kind, 0, 0);
  out_.write(&nothing, sizeof(nothing));
  items_in_run_ = 0;
  run_is_open_ = kind == ChunkRecord::values;
}

void ChunkWriter::commit_failure(const std::exception_ptr& error) {
  if (progress_ != nullptr && progress_->failures != nullptr) progress_->failures->failed(error);
  out_.truncate(committed_);
  out_.context().reset();
  open(ChunkRecord::failure);
  encode_exception(error, out_);
  store_header(ChunkHeader::pack(ChunkRecord::failure, 1, out_.size() - header_at_ - kHeader));
  committed_ = out_.size();
  count();
}

std::uint64_t chunk_sum(std::uint64_t key, std::uint32_t item, std::uint64_t header,
                        const std::byte* data, std::size_t size) {
  return checksum({key, item, header}, data, size);
}

void ChunkWriter::note_sum(std::uint64_t header) {
  std::byte* const record = const_cast<std::byte*>(out_.data()) + header_at_;
  const std::uint64_t sum = chunk_sum(sum_key(), progress_->first + items_, header,
                                      record + kHeader, ChunkHeader::bytes(header));
  std::memcpy(record - sizeof(sum), &sum, sizeof(sum));
  run_is_open_ = false;
}

ChunkScan scan_chunk(std::span<const std::byte> region, std::uint32_t counted, std::uint32_t most) {
  ChunkScan scan;
  std::size_t at = 0;
  while (scan.items < std::min(counted, most) && region.size() - at >= kHeader) {
    // Acquire: pairs with the release in ChunkWriter.
    auto* place = const_cast<std::byte*>(region.data()) + at;
    const std::uint64_t header =
        std::atomic_ref(*reinterpret_cast<std::uint64_t*>(place)).load(std::memory_order_acquire);
    const std::uint64_t items = ChunkHeader::items(header);
    const std::uint64_t bytes = ChunkHeader::bytes(header);
    const bool known = ChunkHeader::kind(header) == ChunkRecord::values ||
                       (ChunkHeader::kind(header) == ChunkRecord::failure && items == 1);
    if (!known || items == 0 || items > most - scan.items) break;
    if (bytes > region.size() - at - kHeader) break;
    scan.items += static_cast<std::uint32_t>(items);
    scan.bytes = at + kHeader + bytes;
    at = std::min(round_up(scan.bytes, kHeader), region.size());
  }
  return scan;
}

std::uint32_t ChunkAssembly::add_piece(std::span<const std::byte> region, std::uint32_t counted,
                                       std::uint32_t most) {
  const ChunkScan scan = scan_chunk(region, counted, most);
  if (scan.items == 0) return 0;
  pad();
  bytes_.insert(bytes_.end(), region.begin(),
                region.begin() + static_cast<std::ptrdiff_t>(scan.bytes));
  items_ += scan.items;
  return scan.items;
}

std::uint32_t ChunkAssembly::add_checked_piece(std::span<const std::byte> region, std::uint64_t key,
                                               std::uint32_t first, std::uint32_t counted,
                                               std::uint32_t most,
                                               const std::exception_ptr& spoiled) {
  constexpr std::size_t kBefore = 2 * kHeader;  // the sum, as a record
  std::uint32_t done = 0;
  while (done < most) {
    // Each word is read once, and what is summed is the copy.
    std::uint64_t words[3] = {};  // the sum's header, the sum, the item's header
    if (region.size() >= sizeof(words)) std::memcpy(words, region.data(), sizeof(words));
    const std::uint64_t header = words[2];
    const std::uint64_t bytes = ChunkHeader::bytes(header);
    const bool is_record = words[0] == ChunkHeader::pack(ChunkRecord::padding, 0, kHeader) &&
                           ChunkHeader::kind(header) <= ChunkRecord::failure &&
                           ChunkHeader::items(header) == 1 &&
                           bytes <= region.size() - sizeof(words);
    if (is_record) {
      // Aligned as in the region.
      pad((reinterpret_cast<std::uintptr_t>(region.data()) + kBefore) % kChunkPieceAlign);
      const std::size_t at = bytes_.size();
      bytes_.resize(at + kHeader + bytes);
      std::byte* const data = bytes_.data() + at + kHeader;
      std::memcpy(data - kHeader, &header, sizeof(header));
      if (bytes != 0) std::memcpy(data, region.data() + sizeof(words), bytes);
      if (chunk_sum(key, first + done, header, data, bytes) == words[1]) {
        ++items_;
        ++done;
        region = region.subspan(std::min(round_up(sizeof(words) + bytes, kHeader), region.size()));
        continue;
      }
      bytes_.resize(at);
    }
    if (done >= counted) break;  // there is none
    add_failure(spoiled);
    ++done;
    const std::size_t next = is_record ? round_up(sizeof(words) + bytes, kHeader) : region.size();
    region = region.subspan(std::min(next, region.size()));
  }
  return done;
}

void ChunkAssembly::add_failure(std::exception_ptr error) {
  pad();
  const std::size_t before = bytes_.size();
  // In a buffer of its own, which the encoder takes for aligned as a region is.
  std::vector<std::byte> record(256);
  VectorGrowth growth(record);
  Encoder out(record.data(), record.data() + record.size(), &growth);
  ChunkWriter writer(out, nullptr);
  writer.commit_failure(error);
  bytes_.insert(bytes_.begin() + static_cast<std::ptrdiff_t>(before), out.data(),
                out.data() + out.size());
  ++items_;
}

// Fills up with a record that holds nothing to where a piece may begin, or to so many bytes behind.
void ChunkAssembly::pad(std::size_t behind) {
  bytes_.resize(round_up(bytes_.size(), kHeader));
  const std::size_t rest = (behind - bytes_.size()) % kChunkPieceAlign;
  if (rest == 0) return;
  const std::uint64_t header = ChunkHeader::pack(ChunkRecord::padding, 0, rest - kHeader);
  const std::size_t at = bytes_.size();
  bytes_.resize(at + rest);
  std::memcpy(bytes_.data() + at, &header, sizeof(header));
}

}  // namespace muster::detail
