#include <mutex>
#include <utility>

#include <muster/backtrace.hpp>
#include <muster/codec.hpp>
#include <muster/decoder.hpp>
#include <muster/encoder.hpp>

#include "lib/common/symbols.hpp"

namespace muster {

struct Backtrace::Frames {
  std::once_flag named;
  std::vector<Frame> unnamed;
  std::vector<std::string> lines;
};

Backtrace::Backtrace(std::vector<Frame> frames) {
  if (frames.empty()) return;
  frames_ = std::make_shared<Frames>();
  frames_->unnamed = std::move(frames);
}

Backtrace::Backtrace(const std::vector<std::uintptr_t>& addresses) {
  if (addresses.empty()) return;
  frames_ = std::make_shared<Frames>();
  frames_->unnamed.reserve(addresses.size());
  for (const std::uintptr_t address : addresses) frames_->unnamed.push_back({address, address});
}

Backtrace::Backtrace(std::vector<std::string> lines) {
  if (lines.empty()) return;
  frames_ = std::make_shared<Frames>();
  frames_->lines = std::move(lines);
}

const std::vector<std::string>& Backtrace::lines() const {
  static const std::vector<std::string> kNone;
  if (frames_ == nullptr) return kNone;
  Frames& frames = *frames_;
  std::call_once(frames.named, [&] {
    detail::Symbols symbols;
    std::vector<std::string> lines = std::move(frames.lines);
    for (const Frame& frame : frames.unnamed) {
      lines.push_back(frame.here == 0 ? detail::hexadecimal(frame.address)
                                      : symbols.describe(frame.here));
    }
    frames.lines = std::move(lines);
  });
  return frames.lines;
}

void Codec<Backtrace>::encode(Encoder& out, const Backtrace& backtrace) {
  out.write(backtrace.lines());
}

Backtrace Codec<Backtrace>::decode(Decoder& in) {
  return Backtrace(in.read<std::vector<std::string>>());
}

}  // namespace muster
