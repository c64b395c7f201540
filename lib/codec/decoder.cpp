#include <cstdint>
#include <string>

#include <muster/decoder.hpp>
#include <muster/error.hpp>

namespace muster {

void Decoder::throw_past_end(std::size_t size) const {
  throw EncodingError(std::to_string(size) + " bytes were to be read where only " +
                      std::to_string(remaining()) +
                      " remain: the bytes are damaged, or a Codec's decode reads more than its "
                      "encode wrote");
}

detail::BlockReceiver& Decoder::blocks() const {
  if (blocks_ == nullptr) {
    throw EncodingError(
        "bytes that name an array in shared memory came without it: they are damaged, or did not "
        "come with a task");
  }
  return *blocks_;
}

std::shared_ptr<detail::SharedBlock> Decoder::receive_block(const detail::BlockReference& reference,
                                                            detail::SharedBlock::Access access) {
  return blocks().receive(reference, access);
}

std::size_t Decoder::read_count(std::size_t bytes_each) {
  std::uint64_t count = 0;
  read(&count, sizeof(count));
  if (count > remaining() / bytes_each) {
    throw EncodingError(std::to_string(count) + " elements cannot be in the " +
                        std::to_string(remaining()) +
                        " bytes that remain: the bytes are damaged, or a Codec's decode reads "
                        "other than its encode wrote");
  }
  return static_cast<std::size_t>(count);
}

}  // namespace muster
