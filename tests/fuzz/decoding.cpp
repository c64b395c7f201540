// Bytes that are decoded as any type that can travel: an EncodingError or a value, and a value that
// is encoded again and decoded comes out the same. The first byte says the type.

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <muster/codec.hpp>
#include <muster/detail/chunk_codec.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/error.hpp>
#include <muster/exception_registry.hpp>

#include "codec/message.hpp"
#include "fuzz/decoding_types.hpp"
#include "fuzz/require.hpp"

namespace fuzz {
namespace {

using muster::Decoder;
using muster::EncodingError;
using muster::detail::HeapRegion;

// A copy aligned as a region is.
class Region {
 public:
  explicit Region(std::span<const std::byte> bytes) : out_(nullptr, nullptr, &region_) {
    out_.write(bytes.data(), bytes.size());
  }
  Decoder reader() const { return {out_.data(), out_.size()}; }

 private:
  HeapRegion region_;
  muster::Encoder out_;
};

// Nothing where the bytes are none.
template <class T>
std::optional<T> read(std::span<const std::byte> bytes) {
  const Region region(bytes);
  Decoder in = region.reader();
  try {
    return std::optional<T>(in.read<T>());
  } catch (const EncodingError&) {
    return std::nullopt;
  }
}

template <class T>
void decode(std::span<const std::byte> bytes) {
  const std::optional<T> value = read<T>(bytes);
  if (!value) return;
  const auto once = muster::test::Message::of(*value);
  const std::optional<T> again = read<T>(once.bytes());
  require(again.has_value(), "what was encoded can be decoded");
  const auto twice = muster::test::Message::of(*again);
  require(once.bytes().size() == twice.bytes().size(),
          "what was encoded and decoded is as long as before");
  if constexpr (kSameBytes<T>) {
    require(std::ranges::equal(once.bytes(), twice.bytes()),
            "what was encoded and decoded is the same as before");
  }
}

std::string what(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "";
  }
}

std::exception_ptr travel(const std::exception_ptr& thrown) {
  HeapRegion region;
  muster::Encoder out(nullptr, nullptr, &region);
  muster::detail::encode_exception(thrown, out);
  Decoder in(out.data(), out.size());
  const std::exception_ptr same = muster::detail::decode_exception(in);
  require(in.remaining() == 0, "an exception is read to its end");
  return same;
}

void decode_thrown(std::span<const std::byte> bytes) {
  const Region region(bytes);
  Decoder in = region.reader();
  const std::exception_ptr thrown = muster::detail::decode_exception(in);
  require(thrown != nullptr, "there is always an exception");
  // The first time what() may lose what stands behind a NUL.
  const std::exception_ptr once = travel(thrown);
  require(what(travel(once)) == what(once), "an exception says the same when it has travelled");
}

// What `kItems` items came to, or an error.
template <class R>
void decode_results(std::span<const std::byte> bytes) {
  constexpr std::uint32_t kItems = 1000;
  const Region region(bytes);
  Decoder in = region.reader();
  try {
    auto result = muster::detail::decode_chunk<R>(in, kItems);
    require(result.size() <= kItems, "a chunk has no more results than items");
    for (std::size_t i = 0; i < result.size(); ++i) {
      std::exception_ptr error;
      require((result.find(i, error) == nullptr) == (error != nullptr),
              "an item has a value or an error");
    }
  } catch (const EncodingError&) {
    // It is none.
  }
}

void scan(std::span<const std::byte> bytes) {
  constexpr std::uint32_t kCounted = 3;
  constexpr std::uint32_t kItems = 1000;
  const Region region(bytes);
  Decoder in = region.reader();
  const std::span<const std::byte> aligned(in.view(bytes.size()), bytes.size());
  const auto found = muster::detail::scan_chunk(aligned, kCounted, kItems);
  require(found.items <= kItems, "no more items are committed than there are");
  require(found.bytes <= bytes.size(), "what is committed lies in the region");
  muster::detail::ChunkAssembly assembly;
  require(assembly.add_piece(aligned, kCounted, kItems) == found.items,
          "a piece is what a scan finds");
  assembly.add_failure(std::make_exception_ptr(std::runtime_error("died")));
  assembly.add_piece(aligned, kItems, kItems);
}

using Reader = void (*)(std::span<const std::byte>);

template <class... Ts>
constexpr auto readers(TypeList<Ts...>) {
  return std::array<Reader, sizeof...(Ts)>{&decode<Ts>...};
}

constexpr auto kValues = readers(Types{});
constexpr std::array<Reader, 7> kOthers{
    &decode_thrown,
    &scan,
    &decode_results<int>,
    &decode_results<std::string>,
    &decode_results<void>,
    &decode_results<std::vector<std::string>>,
    &decode_results<muster::test::Nothing>,
};

// A byte says which.
static_assert(kOthers.size() + kValues.size() <= 256);

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  if (size == 0) return 0;
  const std::size_t type = data[0] % (kOthers.size() + kValues.size());
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  (type < kOthers.size() ? kOthers[type] : kValues[type - kOthers.size()])(bytes);
  return 0;
}
