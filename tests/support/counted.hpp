#pragma once

#include <muster/codec.hpp>

#include "support/shared_memory_latch.hpp"

namespace test_support {

// A value that counts how many of it are alive, in all processes together. It owns nothing, but
// its destructor makes it one that does not travel as bytes: it travels by its Codec.
class Counted {
 public:
  explicit Counted(SharedCounter alive) : alive_(alive) { alive_.add(1); }
  Counted(const Counted& other) : alive_(other.alive_) { alive_.add(1); }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { alive_.add(-1); }

  SharedCounter alive() const { return alive_; }

 private:
  SharedCounter alive_;
};

}  // namespace test_support

template <>
struct muster::Codec<test_support::Counted> {
  static void encode(Encoder& out, const test_support::Counted& value) { out.write(value.alive()); }
  static test_support::Counted decode(Decoder& in) {
    return test_support::Counted(in.read<test_support::SharedCounter>());
  }
};
