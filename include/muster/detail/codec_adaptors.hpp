#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <queue>
#include <stack>
#include <vector>

#include <muster/detail/codec_block.hpp>
#include <muster/detail/codec_kind.hpp>

// What stands on containers: queue, stack, priority_queue; and valarray.
namespace muster::detail {

// Adaptors keep their container in the protected member c.
template <class Adaptor>
struct AdaptorCodec : DynamicCodec<sizeof(std::uint64_t)> {
  using Container = typename Adaptor::container_type;
  struct Access : Adaptor {
    static const Container& container(const Adaptor& adaptor) { return adaptor.*&Access::c; }
    static Container& container(Adaptor& adaptor) { return adaptor.*&Access::c; }
  };
  static void encode(Encoder& out, const Adaptor& adaptor) {
    encode_value(out, Access::container(adaptor));
  }
  static Adaptor decode(Decoder& in) {
    Adaptor adaptor;
    Access::container(adaptor) = decode_value<Container>(in);
    return adaptor;
  }
};
template <class... Ts>
struct NativeCodec<std::queue<Ts...>> : AdaptorCodec<std::queue<Ts...>> {};
template <class... Ts>
struct NativeCodec<std::stack<Ts...>> : AdaptorCodec<std::stack<Ts...>> {};
template <class... Ts>
struct NativeCodec<std::priority_queue<Ts...>> : AdaptorCodec<std::priority_queue<Ts...>> {};

// std::valarray, known by its looks: its header costs every user a tenth of a second.
template <class T>
concept Valarray = requires(T array) {
  typename T::value_type;
  array.cshift(1);
  array.sum();
  array.resize(1);
};
template <Valarray T>
struct NativeCodec<T> : DynamicCodec<sizeof(std::uint64_t)> {
  using Element = typename T::value_type;
  static void encode(Encoder& out, const T& array) {
    encode_value(out, std::vector<Element>(std::begin(array), std::end(array)));
  }
  static T decode(Decoder& in) {
    auto values = decode_value<std::vector<Element>>(in);
    T array(values.size());
    std::move(values.begin(), values.end(), std::begin(array));
    return array;
  }
};

}  // namespace muster::detail
