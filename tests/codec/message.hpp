#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include <muster/codec.hpp>

#include "lib/codec/heap_region.hpp"

namespace muster::test {

// Bytes written by an Encoder, in memory aligned to 64 bytes.
class Message {
 public:
  Message() : out_(nullptr, nullptr, &region_) {}

  template <class... Ts>
  static Message of(const Ts&... values) {
    return Message(std::in_place, values...);
  }

  Encoder& encoder() { return out_; }
  std::span<const std::byte> bytes() const { return {out_.data(), out_.size()}; }

 private:
  template <class... Ts>
  explicit Message(std::in_place_t, const Ts&... values) : Message() {
    (out_.write(values), ...);
  }

  detail::HeapRegion region_;
  Encoder out_;
};

// What comes out on the other side. Everything that was written must have been read.
template <class T>
T round_trip(const T& value) {
  const Message message = Message::of(value);
  Decoder in(message.bytes().data(), message.bytes().size());
  T read = in.read<T>();
  if (in.remaining() != 0) throw std::logic_error("the decoder left bytes over");
  return read;
}

}  // namespace muster::test
