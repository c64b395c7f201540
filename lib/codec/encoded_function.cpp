#include "lib/codec/encoded_function.hpp"

#include <cstring>

#include <muster/decoder.hpp>
#include <muster/detail/named_code.hpp>
#include <muster/detail/task_type.hpp>
#include <muster/encoder.hpp>

#include "lib/codec/heap_region.hpp"
#include "lib/codec/task_registry.hpp"

namespace muster::detail {

EncodedFunction EncodedFunction::of(const PortableFunction& function, const ModuleTable& modules) {
  EncodedFunction encoded;
  if (!function) return encoded;
  HeapRegion region;
  Encoder out(nullptr, nullptr, &region, &modules);
  function.encode(out);
  encoded.bytes.assign(out.data(), out.data() + out.size());
  encoded.given = true;
  if (function.task_type().begins_with_code) {
    std::memcpy(&encoded.thunk, out.data(), sizeof(encoded.thunk));
    if (is_named(encoded.thunk)) return encoded;
  }
  encoded.thunk = modules.encode(
      reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(function.task_type().thunk)));
  return encoded;
}

void EncodedFunction::invoke(const ModuleTable& modules) const {
  const Thunk run = thunk_of(modules, thunk);
  Decoder in(bytes.data(), bytes.size(), &modules);
  HeapRegion region;
  Encoder dropped(nullptr, nullptr, &region, &modules);
  run(in, dropped);
}

}  // namespace muster::detail
