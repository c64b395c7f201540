#include "lib/codec/encoded_function.hpp"

#include <muster/decoder.hpp>
#include <muster/detail/task_type.hpp>
#include <muster/encoder.hpp>

#include "lib/codec/heap_region.hpp"

namespace muster::detail {

EncodedFunction EncodedFunction::of(const PortableFunction& function, const ModuleTable& modules) {
  EncodedFunction encoded;
  if (!function) return encoded;
  encoded.thunk = modules.encode(
      reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(function.task_type().thunk)));
  HeapRegion region;
  Encoder out(nullptr, nullptr, &region, &modules);
  function.encode(out);
  encoded.bytes.assign(out.data(), out.data() + out.size());
  encoded.given = true;
  return encoded;
}

void EncodedFunction::invoke(const ModuleTable& modules) const {
  const auto run = reinterpret_cast<Thunk>(reinterpret_cast<std::uintptr_t>(modules.decode(thunk)));
  Decoder in(bytes.data(), bytes.size(), &modules);
  HeapRegion region;
  Encoder dropped(nullptr, nullptr, &region, &modules);
  run(in, dropped);
}

}  // namespace muster::detail
