#include "deflate_block.hpp"

#include <new>
#include <stdexcept>
#include <string>

#include <zlib.h>

namespace parallel_gzip {
namespace {

void check(int code, const char* call) {
  if (code == Z_MEM_ERROR) throw std::bad_alloc();
  if (code != Z_OK) {
    throw std::runtime_error(std::string("zlib's ") + call + " failed: " + zError(code));
  }
}

// A zlib stream of raw deflate data.
class DeflateStream {
 public:
  explicit DeflateStream(int level) {
    constexpr int kRawDeflate = -15;  // the largest window; negative: no header and no trailer
    constexpr int kMemLevel = 8;      // zlib's own default
    check(deflateInit2(&stream_, level, Z_DEFLATED, kRawDeflate, kMemLevel, Z_DEFAULT_STRATEGY),
          "deflateInit2");
  }
  DeflateStream(const DeflateStream&) = delete;
  DeflateStream& operator=(const DeflateStream&) = delete;
  ~DeflateStream() { deflateEnd(&stream_); }

  void set_dictionary(std::span<const unsigned char> bytes) {
    check(deflateSetDictionary(&stream_, bytes.data(), static_cast<uInt>(bytes.size())),
          "deflateSetDictionary");
  }

  std::vector<unsigned char> compress(std::span<const unsigned char> bytes) {
    constexpr std::size_t kSyncMarker = 16;  // what Z_SYNC_FLUSH adds, and more
    std::vector<unsigned char> out(deflateBound(&stream_, bytes.size()) + kSyncMarker);
    std::size_t used = 0;
    // zlib promises not to write through next_in; its type says const only with ZLIB_CONST.
    stream_.next_in = const_cast<Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    // zlib has written all it has once it leaves room in the output.
    do {
      if (used == out.size()) out.resize(2 * used);
      stream_.next_out = out.data() + used;
      stream_.avail_out = static_cast<uInt>(out.size() - used);
      const int code = deflate(&stream_, Z_SYNC_FLUSH);
      if (code != Z_BUF_ERROR) check(code, "deflate");  // that one: there was nothing to add
      used = out.size() - stream_.avail_out;
    } while (stream_.avail_out == 0);
    out.resize(used);
    return out;
  }

 private:
  z_stream stream_ = {};
};

}  // namespace

DeflatedBlock Deflate::operator()(std::span<const unsigned char> window,
                                  std::size_t dictionary_size) const {
  if (dictionary_size > window.size()) {
    throw std::runtime_error("a block is shorter than its dictionary");
  }
  const auto block = window.subspan(dictionary_size);

  DeflateStream stream(level);
  if (dictionary_size > 0) stream.set_dictionary(window.first(dictionary_size));
  DeflatedBlock deflated;
  deflated.bytes = stream.compress(block);
  deflated.crc = static_cast<std::uint32_t>(
      crc32(crc32(0, nullptr, 0), block.data(), static_cast<uInt>(block.size())));
  deflated.input_size = block.size();
  return deflated;
}

}  // namespace parallel_gzip
