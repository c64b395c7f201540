#include <cstdint>
#include <cstring>
#include <future>
#include <ios>
#include <string>
#include <string_view>
#include <system_error>

#include <muster/codec.hpp>
#include <muster/detail/codec_system.hpp>
#include <muster/error.hpp>
#include <muster/exception_registry.hpp>

#include "lib/codec/append_list.hpp"

namespace muster {

namespace {

constinit detail::AppendList<const std::error_category*> registered;

const std::error_category* find_category(std::string_view name) {
  for (const auto* category : {&std::generic_category(), &std::system_category(),
                               &std::iostream_category(), &std::future_category()}) {
    if (name == category->name()) return category;
  }
  const auto* found = registered.find(
      [&](const std::error_category* category) { return name == category->name(); });
  return found != nullptr ? *found : nullptr;
}

[[noreturn]] void throw_unknown_category(const std::string& name) {
  throw EncodingError("an error code of the category \"" + name +
                      "\" cannot travel: make the category known with "
                      "muster::register_error_category(), in client and workers");
}

}  // namespace

void register_error_category(const std::error_category& category) { registered.append(&category); }

namespace detail {

void encode_error(Encoder& out, int value, const std::error_category& category) {
  const std::string name = category.name();
  // Another category of the same name would come out as the known one.
  const std::error_category* known = find_category(name);
  if (known == nullptr || *known != category) throw_unknown_category(name);
  out.write(static_cast<std::int32_t>(value));
  out.write(name);
}

const std::error_category& decode_error(Decoder& in, int& value) {
  value = in.read<std::int32_t>();
  const auto name = in.read<std::string>();
  const std::error_category* known = find_category(name);
  if (known == nullptr) throw_unknown_category(name);
  return *known;
}

}  // namespace detail

}  // namespace muster
