#pragma once

#include "descriptor.hpp"

namespace parallel_gzip {

// Where compressed bytes go.
class ByteSink {
 public:
  ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;
  virtual ~ByteSink() = default;

  // Throws std::system_error if they cannot be written.
  virtual void write(Bytes bytes) = 0;
  // All is written: makes it final.
  virtual void commit() = 0;
};

// For runs that are only measured.
class NullSink : public ByteSink {
 public:
  void write(Bytes) override {}
  void commit() override {}
};

class StandardOutput : public ByteSink {
 public:
  void write(Bytes bytes) override;
  void commit() override {}
};

}  // namespace parallel_gzip
