#pragma once

#include <exception>

#include <muster/decoder.hpp>
#include <muster/encoder.hpp>

namespace muster::detail {

// Writes the exception so that decode_exception() gives one of the same type, with what is nested
// in it, or else a RemoteError. An exception whose own encoding fails is written as a RemoteError,
// too; throws only where there is no room even for that (EncodingError, std::bad_alloc), with
// `out` as it was. REQUIRES: a non-null exception.
void encode_exception(const std::exception_ptr& exception, Encoder& out);

// Never null. Bytes that make no sense give an EncodingError, returned, not thrown.
std::exception_ptr decode_exception(Decoder& in) noexcept;

}  // namespace muster::detail
