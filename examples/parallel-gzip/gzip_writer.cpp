#include "gzip_writer.hpp"

#include <array>

#include <zlib.h>

namespace parallel_gzip {
namespace {

// Magic number, deflate, no flags, no time, no hint of the level, Unix.
constexpr std::array<unsigned char, 10> kHeader{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
// An empty deflate block with the mark of the last one: the blocks before have none.
constexpr std::array<unsigned char, 2> kLastBlock{0x03, 0x00};

void put_little_endian(std::uint32_t value, unsigned char* out) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<unsigned char>(value >> (8 * i));
}

}  // namespace

GzipWriter::GzipWriter(ByteSink& sink) : sink_(sink) { write(kHeader); }

void GzipWriter::append(const DeflatedBlock& block) {
  write(block.bytes);
  crc_ = static_cast<std::uint32_t>(
      crc32_combine(crc_, block.crc, static_cast<z_off_t>(block.input_size)));
  input_bytes_ += block.input_size;
}

void GzipWriter::finish() {
  std::array<unsigned char, 8> trailer;
  put_little_endian(crc_, trailer.data());
  put_little_endian(static_cast<std::uint32_t>(input_bytes_), trailer.data() + 4);  // mod 2^32
  write(kLastBlock);
  write(trailer);
}

void GzipWriter::write(Bytes bytes) {
  sink_.write(bytes);
  output_bytes_ += bytes.size();
}

}  // namespace parallel_gzip
