#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <forward_list>
#include <iterator>
#include <list>
#include <map>
#include <set>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <muster/detail/codec_block.hpp>
#include <muster/detail/codec_kind.hpp>

// The standard containers: a count, then the elements.
namespace muster::detail {

// Follows each element that may be written as no bytes at all, so that a count can be held
// against the bytes that remain.
inline constexpr std::uint8_t kElementMark = 0xA5;

[[noreturn]] void throw_bad_element();

template <class T>
inline constexpr bool kNeedsMark = least_size<T>() == 0;

template <class T>
void encode_element(Encoder& out, const T& value) {
  encode_value(out, value);
  if constexpr (kNeedsMark<T>) out.write(&kElementMark, 1);
}

template <class T>
T decode_element(Decoder& in) {
  if constexpr (kNeedsMark<T>) {
    T value = decode_value<T>(in);
    if (static_cast<std::uint8_t>(*in.view(1)) != kElementMark) throw_bad_element();
    return value;
  } else {
    return decode_value<T>(in);
  }
}

template <class T>
std::size_t read_element_count(Decoder& in) {
  return in.read_count(std::max<std::size_t>(least_size<T>(), 1));
}

inline void write_count(Encoder& out, std::size_t count) {
  const std::uint64_t prefix = count;
  out.write(&prefix, sizeof(prefix));
}

// What a container may reserve for `count` elements that are only claimed to be there: no more
// memory than the message itself has, for elements that take more here than there.
template <class T>
std::size_t reservation(const Decoder& in, std::size_t count) {
  return std::min(count, in.remaining() / sizeof(T) + 1);
}

template <class Container>
void encode_elements(Encoder& out, const Container& values, std::size_t count) {
  write_count(out, count);
  const Nesting nesting(out);
  for (const auto& value : values) encode_element(out, value);
}

// Calls add(element) for each. An element is made on the stack, and may be copied there on its way;
// so is what add() makes of as many bytes as `beside` says.
template <class T, class Add>
void decode_elements(Decoder& in, std::size_t count, Add&& add, std::size_t beside = 0) {
  const Nesting nesting(in, count == 0 ? 0 : 2 * (sizeof(T) + beside));
  for (; count != 0; --count) add(decode_element<T>(in));
}

template <class T, class A>
struct NativeCodec<std::vector<T, A>> : DynamicCodec<sizeof(std::uint64_t)> {
  using Vector = std::vector<T, A>;
  static void encode(Encoder& out, const Vector& values) {
    if constexpr (travels_as_bytes<T>()) {
      encode_block(out, values.data(), values.size());
    } else {
      encode_elements(out, values, values.size());
    }
  }
  static Vector decode(Decoder& in) {
    if constexpr (travels_as_bytes<T>()) {
      return copy_block<Vector>(in);
    } else {
      const std::size_t count = read_element_count<T>(in);
      Vector values;
      values.reserve(reservation<T>(in, count));
      decode_elements<T>(in, count, [&](T&& value) { values.push_back(std::move(value)); });
      return values;
    }
  }
};

template <class A>
struct NativeCodec<std::vector<bool, A>> : DynamicCodec<sizeof(std::uint64_t)> {
  using Bits = std::vector<bool, A>;
  static void encode(Encoder& out, const Bits& bits) {
    write_count(out, bits.size());
    for (std::size_t i = 0; i < bits.size(); i += 8) {
      unsigned byte = 0;
      for (std::size_t bit = 0; bit < 8 && i + bit < bits.size(); ++bit) {
        byte |= static_cast<unsigned>(bits[i + bit]) << bit;
      }
      out.write(static_cast<std::uint8_t>(byte));
    }
  }
  static Bits decode(Decoder& in) {
    const auto count = in.read<std::uint64_t>();
    const std::byte* bytes = in.view(static_cast<std::size_t>(count / 8 + (count % 8 != 0)));
    Bits bits(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < bits.size(); ++i) {
      bits[i] = (static_cast<unsigned>(bytes[i / 8]) >> (i % 8) & 1u) != 0;
    }
    return bits;
  }
};

template <class List, class T>
struct ListCodec : DynamicCodec<sizeof(std::uint64_t)> {
  static void encode(Encoder& out, const List& values) {
    encode_elements(out, values, values.size());
  }
  static List decode(Decoder& in) {
    List values;
    decode_elements<T>(in, read_element_count<T>(in),
                       [&](T&& value) { values.push_back(std::move(value)); });
    return values;
  }
};
template <class T, class A>
struct NativeCodec<std::deque<T, A>> : ListCodec<std::deque<T, A>, T> {};
template <class T, class A>
struct NativeCodec<std::list<T, A>> : ListCodec<std::list<T, A>, T> {};

template <class T, class A>
struct NativeCodec<std::forward_list<T, A>> : DynamicCodec<sizeof(std::uint64_t)> {
  using List = std::forward_list<T, A>;
  static void encode(Encoder& out, const List& values) {
    encode_elements(out, values,
                    static_cast<std::size_t>(std::distance(values.begin(), values.end())));
  }
  static List decode(Decoder& in) {
    List values;
    auto last = values.before_begin();
    decode_elements<T>(in, read_element_count<T>(in),
                       [&](T&& value) { last = values.insert_after(last, std::move(value)); });
    return values;
  }
};

// Comparison, hash and equality are made by their default constructors on the other side.
template <class Set>
struct SetCodec : DynamicCodec<sizeof(std::uint64_t)> {
  using T = typename Set::value_type;
  static void encode(Encoder& out, const Set& values) {
    encode_elements(out, values, values.size());
  }
  static Set decode(Decoder& in) {
    Set values;
    decode_elements<T>(in, read_element_count<T>(in),
                       [&](T&& value) { values.emplace_hint(values.end(), std::move(value)); });
    return values;
  }
};
template <class... Ts>
struct NativeCodec<std::set<Ts...>> : SetCodec<std::set<Ts...>> {};
template <class... Ts>
struct NativeCodec<std::multiset<Ts...>> : SetCodec<std::multiset<Ts...>> {};
template <class... Ts>
struct NativeCodec<std::unordered_set<Ts...>> : SetCodec<std::unordered_set<Ts...>> {};
template <class... Ts>
struct NativeCodec<std::unordered_multiset<Ts...>> : SetCodec<std::unordered_multiset<Ts...>> {};

template <class Map>
struct MapCodec : DynamicCodec<sizeof(std::uint64_t)> {
  using Key = typename Map::key_type;
  using Mapped = typename Map::mapped_type;
  static void encode(Encoder& out, const Map& map) {
    write_count(out, map.size());
    const Nesting nesting(out);
    for (const auto& [key, mapped] : map) {
      encode_element(out, key);
      encode_element(out, mapped);
    }
  }
  static Map decode(Decoder& in) {
    Map map;
    const auto add = [&](Key&& key) {
      map.emplace_hint(map.end(), std::move(key), decode_element<Mapped>(in));
    };
    decode_elements<Key>(in, read_element_count<Key>(in), add, sizeof(Mapped));
    return map;
  }
};
template <class... Ts>
struct NativeCodec<std::map<Ts...>> : MapCodec<std::map<Ts...>> {};
template <class... Ts>
struct NativeCodec<std::multimap<Ts...>> : MapCodec<std::multimap<Ts...>> {};
template <class... Ts>
struct NativeCodec<std::unordered_map<Ts...>> : MapCodec<std::unordered_map<Ts...>> {};
template <class... Ts>
struct NativeCodec<std::unordered_multimap<Ts...>> : MapCodec<std::unordered_multimap<Ts...>> {};

}  // namespace muster::detail
