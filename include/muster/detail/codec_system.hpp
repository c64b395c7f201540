#pragma once

#include <cstdint>
#include <exception>
#include <system_error>

#include <muster/detail/codec_block.hpp>
#include <muster/detail/codec_kind.hpp>

// Error codes and paths.
namespace muster::detail {

// Value and the category's name. EncodingError for a category that is neither the standard
// library's nor registered with register_error_category(), on either side.
void encode_error(Encoder& out, int value, const std::error_category& category);
const std::error_category& decode_error(Decoder& in, int& value);

template <class Error>
struct ErrorCodec : DynamicCodec<sizeof(std::int32_t) + 1> {
  static void encode(Encoder& out, const Error& error) {
    encode_error(out, error.value(), error.category());
  }
  static Error decode(Decoder& in) {
    int value = 0;
    const std::error_category& category = decode_error(in, value);
    return Error(value, category);
  }
};
template <>
struct NativeCodec<std::error_code> : ErrorCodec<std::error_code> {};
template <>
struct NativeCodec<std::error_condition> : ErrorCodec<std::error_condition> {};

// std::filesystem::path, known by its looks: its header costs every user a sixth of a second.
template <class T>
concept Path = requires(const T& path) {
  typename T::string_type;
  path.native();
  path.lexically_normal();
};
template <Path T>
struct NativeCodec<T> : DynamicCodec<sizeof(std::uint64_t)> {
  static void encode(Encoder& out, const T& path) { encode_value(out, path.native()); }
  static T decode(Decoder& in) { return T(decode_value<typename T::string_type>(in)); }
};

}  // namespace muster::detail
