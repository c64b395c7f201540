#pragma once

// Instantiates the checks of value_checks.hpp.

#include <cxxabi.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include <muster/codec.hpp>
#include <muster/error.hpp>

#include "codec/data_rows.hpp"
#include "codec/message.hpp"
#include "codec/same_value.hpp"
#include "codec/value_checks.hpp"

namespace muster::test {

template <class T>
std::string name_of() {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(typeid(T).name(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? name.get() : typeid(T).name();
}

template <class T>
bool comes_back(RandomValues& values) {
  const T value = values.make<T>();
  const Message message = Message::of(value);
  Decoder in(message.bytes().data(), message.bytes().size());
  const T read = in.read<T>();
  return in.remaining() == 0 && same(value, read);
}

template <class T>
std::vector<std::byte> encode(RandomValues& values) {
  const Message message = Message::of(values.make<T>());
  return {message.bytes().begin(), message.bytes().end()};
}

template <class T>
bool holds(std::span<const std::byte> bytes) {
  Decoder in(bytes.data(), bytes.size());
  try {
    [[maybe_unused]] const T value = in.read<T>();
    return in.remaining() == 0;
  } catch (const EncodingError&) {
    return false;
  }
}

template <class Rows>
std::vector<ValueCheck> make_checks() {
  std::vector<ValueCheck> checks;
  const auto add_types = [&]<class... Ts>(std::string_view row, TypeList<Ts...>) {
    (checks.push_back({row, name_of<Ts>(), &comes_back<Ts>, &encode<Ts>, &holds<Ts>}), ...);
  };
  [&]<class... Rs>(TypeList<Rs...>) { (add_types(Rs::kName, typename Rs::Types{}), ...); }(Rows{});
  return checks;
}

}  // namespace muster::test
