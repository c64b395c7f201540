#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <cereal/cereal.hpp>
#include <cereal/details/helpers.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/polymorphic.hpp>

#include <muster/detail/cereal_functions.hpp>
#include <muster/detail/cereal_input.hpp>
#include <muster/detail/cereal_output.hpp>
#include <muster/detail/codec_kind.hpp>

// A program's CEREAL_REGISTER_TYPE registers with the archives that were declared before it:
// <muster/muster.hpp> goes before.
CEREAL_REGISTER_ARCHIVE(muster::detail::CerealInput)
CEREAL_REGISTER_ARCHIVE(muster::detail::CerealOutput)

namespace muster::detail {

template <class T>
constexpr bool has_cereal_functions() {
  if constexpr (!std::is_class_v<T> && !std::is_union_v<T>) {
    return false;
  } else {
    return cereal::traits::is_output_serializable<T, CerealOutput>::value &&
           cereal::traits::is_input_serializable<T, CerealInput>::value;
  }
}

// Pointers go to cereal's own functions wherever they are met.
template <class T>
inline constexpr bool kIsSharingPointer = kIsA<T, std::shared_ptr> || kIsA<T, std::weak_ptr>;
template <class T>
inline constexpr bool kIsPolymorphicOwner = false;
template <class T, class D>
inline constexpr bool kIsPolymorphicOwner<std::unique_ptr<T, D>> = std::is_polymorphic_v<T>;
template <class T>
inline constexpr bool kIsCerealPointer = kIsSharingPointer<T> || kIsPolymorphicOwner<T>;

// What one of cereal's functions hands to the archive and is no value of its own.
template <class T>
inline constexpr bool kIsCerealWrapper =
    kIsA<T, cereal::memory_detail::PtrWrapper> || kIsA<T, cereal::MapItem> ||
    kIsA<T, cereal::memory_detail::LoadAndConstructLoadWrapper>;

[[noreturn]] void throw_cereal_error(const char* what);

// A T to load into. cereal's own way reaches constructors that are private to others.
template <class T>
T make_for_cereal() {
  if constexpr (std::is_default_constructible_v<T>) {
    return T{};
  } else {
    return std::move(*std::unique_ptr<T>(cereal::access::construct<T>()));
  }
}

// A shared object of such a class is made of its value, and not before that is read: it has no
// default constructor, or cannot be assigned to.
template <class T>
constexpr bool made_of_its_value() {
  constexpr TravelKind kKind = travel_kind<T>();
  return kKind != TravelKind::cereal && kKind != TravelKind::refused && !std::is_polymorphic_v<T> &&
         !cereal::traits::has_load_and_construct<T, CerealInput>::value &&
         !(std::is_default_constructible_v<T> && std::is_move_assignable_v<T>);
}

template <class T>
void CerealOutput::process(const T& value) {
  if constexpr (std::is_array_v<T>) {
    for (const auto& element : value) process(element);
  } else if constexpr (kIsCerealWrapper<T> || kIsCerealPointer<T>) {
    put(value);
  } else if constexpr (travel_kind<T>() == TravelKind::cereal) {
    put_whole(value);  // by this archive, at whose end stands what the value defers
  } else {
    encode_value(out_, value);
  }
}

template <class T>
void CerealInput::process(T& value) {
  if constexpr (std::is_array_v<T>) {
    for (auto& element : value) process(element);
  } else if constexpr (kIsA<T, cereal::memory_detail::LoadAndConstructLoadWrapper>) {
    get_whole(value);
  } else if constexpr (kIsCerealWrapper<T> || kIsCerealPointer<T>) {
    get(value);
  } else if constexpr (travel_kind<T>() == TravelKind::cereal) {
    get_whole(value);
  } else if constexpr (refusal<T>() != Refusal::none) {
    refuse<T>();
  } else {
    value = decode_value<T>(in_);
  }
}

template <class T>
void CerealOutput::process_base(const T& base) {
  if constexpr (has_cereal_functions<T>()) {
    put(base);
  } else {
    process(base);
  }
}

template <class T>
void CerealInput::process_base(T& base) {
  if constexpr (has_cereal_functions<T>()) {
    get(base);
  } else {
    process(base);
  }
}

template <class T>
void CerealOutput::process(
    const cereal::memory_detail::PtrWrapper<const std::shared_ptr<T>&>& wrapper) {
  const std::size_t open = state().open.size();
  put(wrapper);
  state().open.resize(open);
}

template <class T>
void CerealInput::process(cereal::memory_detail::PtrWrapper<std::shared_ptr<T>&>& wrapper) {
  const std::size_t open = state().open.size();
  state().expected = typeid(T);
  if constexpr (made_of_its_value<std::remove_const_t<T>>()) {
    make_shared_of_value(wrapper.ptr);
  } else {
    get(wrapper);
  }
  state().open.resize(open);
}

template <class T>
void CerealInput::make_shared_of_value(std::shared_ptr<T>& pointer) {
  using Value = std::remove_const_t<T>;
  const auto id = in_.read<std::uint32_t>();
  if ((id & cereal::detail::msb_32bit) == 0) {
    pointer = std::static_pointer_cast<T>(getSharedPointer(id));
    return;
  }
  state().weak = false;
  const Nesting nesting(in_);
  pointer = std::shared_ptr<Value>(new Value(decode_value<Value>(in_)));
  register_pointer(id, std::const_pointer_cast<Value>(pointer), typeid(T));
}

template <class T>
std::uint32_t CerealOutput::registerSharedPointer(const std::shared_ptr<T>& pointer) {
  constexpr bool kMadeFirst = !made_of_its_value<std::remove_const_t<T>>();
  return register_pointer(pointer, pointer.get(), typeid(T), kMadeFirst);
}

template <class T>
void CerealInput::registerSharedPointer(std::uint32_t id, const std::shared_ptr<T>& pointer) {
  register_pointer(id, pointer, typeid(T));
}

template <class T>
std::uint32_t CerealOutput::version() {
  const std::uint32_t version = cereal::detail::Version<T>::version;
  if (state().versions.insert(typeid(T)).second) process(version);
  return version;
}

template <class T>
std::uint32_t CerealInput::version() {
  const auto known = state().versions.find(typeid(T));
  if (known != state().versions.end()) return known->second;
  std::uint32_t version = 0;
  process(version);
  state().versions.emplace(typeid(T), version);
  return version;
}

// cereal's own errors become Muster's.
template <class T>
void encode_cereal(Encoder& out, const T& value) {
  CerealOutput archive(out);
  try {
    if constexpr (kIsCerealPointer<T>) {
      archive(value);
    } else {
      archive.put(value);
    }
    archive.serializeDeferments();
  } catch (const cereal::Exception& error) {
    throw_cereal_error(error.what());
  }
}

template <class T>
void decode_cereal(Decoder& in, T& value) {
  CerealInput archive(in);
  try {
    if constexpr (kIsCerealPointer<T>) {
      archive(value);
    } else {
      archive.get(value);
    }
    archive.serializeDeferments();
  } catch (const cereal::Exception& error) {
    throw_cereal_error(error.what());
  }
}

}  // namespace muster::detail
