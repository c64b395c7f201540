#include <string>

#include <muster/detail/cereal_archive.hpp>
#include <muster/detail/codec_block.hpp>
#include <muster/detail/codec_kind.hpp>
#include <muster/detail/codec_sequences.hpp>
#include <muster/detail/codec_tuples.hpp>
#include <muster/detail/task_call.hpp>
#include <muster/error.hpp>

// What the templates of the codecs throw, out of line to keep them small.
namespace muster::detail {

void Nesting::throw_too_deep() {
  throw EncodingError("values lie in one another more than " + std::to_string(kMost) +
                      " deep; send long lists as a std::vector");
}

void Nesting::throw_too_large() const {
  throw EncodingError("the stack has no room for values of this size that lie in one another " +
                      std::to_string(depth_) +
                      " deep; hold what is large in them in a std::vector, or send long lists as "
                      "one");
}

void throw_misaligned(std::size_t alignment) {
  throw EncodingError("values to be viewed in place do not lie at a multiple of " +
                      std::to_string(alignment) + " bytes: the bytes are damaged");
}

void throw_bad_element() {
  throw EncodingError(
      "an element of a container ends elsewhere than it was written: the bytes "
      "are damaged, or the element's encode and decode disagree");
}

void throw_bad_presence(unsigned byte) {
  throw EncodingError("a byte that says whether there is a value is " + std::to_string(byte) +
                      ", not 0 or 1: the bytes are damaged");
}

void throw_bad_index(std::uint32_t index, std::size_t alternatives) {
  throw EncodingError("a std::variant of " + std::to_string(alternatives) +
                      " alternatives claims to hold number " + std::to_string(index) +
                      ": the bytes are damaged");
}

void throw_valueless() {
  throw EncodingError("a std::variant cannot travel that holds nothing after an exception");
}

void throw_wrong_extent(std::size_t expected, std::size_t count) {
  throw EncodingError("a std::span of " + std::to_string(expected) + " elements cannot view the " +
                      std::to_string(count) + " that were sent");
}

void throw_not_all_read(std::size_t remaining) {
  throw EncodingError(std::to_string(remaining) +
                      " bytes were left over after the last value was read: an encode and a "
                      "decode disagree, or the bytes are damaged");
}

void throw_cereal_error(const char* what) { throw EncodingError(what); }

}  // namespace muster::detail
