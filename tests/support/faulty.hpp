#pragma once

// A value whose way between processes goes wrong where a test wants it to.

#include <stdexcept>

#include <muster/codec.hpp>

#include "support/worker_ends.hpp"

namespace test_support {

// What its Codec does when it is reached.
enum class Fault {
  none,
  throws,          // std::runtime_error("a codec's fault")
  reads_too_much,  // past the end of what was written; when decoding only
  segfaults,
  exits,
};

struct Faulty {
  Faulty() = default;
  Faulty(Fault encoding, Fault decoding) : when_encoded(encoding), when_decoded(decoding) {}
  // Makes it a type that is not trivially copyable.
  ~Faulty() {}
  Faulty(const Faulty&) = default;
  Faulty& operator=(const Faulty&) = default;

  Fault when_encoded = Fault::none;
  Fault when_decoded = Fault::none;
};

inline void commit_fault(Fault fault) {
  switch (fault) {
    case Fault::none:
    case Fault::reads_too_much: return;
    case Fault::throws: throw std::runtime_error("a codec's fault");
    case Fault::segfaults: end_worker(End::segfault);
    case Fault::exits: end_worker(End::exits_one);
  }
}

}  // namespace test_support

template <>
struct muster::Codec<test_support::Faulty> {
  static void encode(Encoder& out, const test_support::Faulty& value) {
    out.write(value.when_encoded);
    test_support::commit_fault(value.when_encoded);
    out.write(value.when_decoded);
  }
  static test_support::Faulty decode(Decoder& in) {
    const auto when_encoded = in.read<test_support::Fault>();
    const auto when_decoded = in.read<test_support::Fault>();
    test_support::commit_fault(when_decoded);
    if (when_decoded == test_support::Fault::reads_too_much) {
      while (true) in.read<int>();
    }
    return {when_encoded, when_decoded};
  }
};
