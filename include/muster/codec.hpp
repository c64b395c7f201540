#pragma once

#include <cstddef>

#include <muster/decoder.hpp>
#include <muster/encoder.hpp>

namespace muster {

namespace detail {
template <class T>
void encode_default(Encoder& out, const T& value);
template <class T>
T decode_default(Decoder& in);
}  // namespace detail

// How values of T travel between processes. Specialise it for a type of your own that has no
// better way:
//
//   template <>
//   struct muster::Codec<Polygon> {
//     static void encode(Encoder& out, const Polygon& value) { out.write(value.points()); }
//     static Polygon decode(Decoder& in) { return Polygon(in.read<std::vector<Point>>()); }
//   };
//
// Both may throw: that fails the task's future, and nothing else. decode must read what encode
// wrote, no more and no less.
//
// Without a specialisation, and in this order: trivially copyable types travel as their bytes, also
// those that have cereal's functions, unless a pointer, reference or view is in them; the standard
// library's strings, containers, tuples, optional, variant, smart pointers, paths and error codes
// by value; types with cereal's serialize or save and load functions through those; a plain
// aggregate member by member.
// Anything else is refused when compiling. std::shared_ptr within one task's arguments keep
// sharing. Pointers to functions travel, to those of modules that the worker has.
template <class T>
struct Codec {
  static void encode(Encoder& out, const T& value) { detail::encode_default(out, value); }
  static T decode(Decoder& in) { return detail::decode_default<T>(in); }

  using MusterDefault = void;  // tells this from a specialisation
};

}  // namespace muster

#include <muster/detail/codec_default.hpp>
