// expect: muster: a C array cannot travel by itself. Send a std::array, std::vector or std::string
#include <muster/codec.hpp>

struct Tag {};

template <>
struct muster::Codec<Tag> {
  static void encode(Encoder& out, const Tag&) { out.write("tag"); }
  static Tag decode(Decoder&) { return {}; }
};
