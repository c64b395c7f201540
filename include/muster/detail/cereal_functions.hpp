#pragma once

#include <cstdint>

#include <cereal/access.hpp>
#include <cereal/cereal.hpp>

#include <muster/detail/cereal_input.hpp>
#include <muster/detail/cereal_output.hpp>
#include <muster/detail/codec_kind.hpp>

CEREAL_SETUP_ARCHIVE_TRAITS(muster::detail::CerealInput, muster::detail::CerealOutput)

// Which of the twelve shapes of cereal function a type has, and the call of it.
namespace muster::detail {

// cereal's rule for which function of a type is used, where it has `name`.
#define MUSTER_CEREAL_USES(name, Archive)                       \
  (cereal::traits::has_##name<T, Archive>::value &&             \
   (cereal::traits::is_specialized_##name<T, Archive>::value || \
    !cereal::traits::is_specialized<T, Archive>::value))

template <class T>
void CerealOutput::put(const T& value) {
  const Nesting nesting(out_);
  [[maybe_unused]] T& changeable = const_cast<T&>(value);  // serialize() takes non-const
  if constexpr (MUSTER_CEREAL_USES(member_serialize, CerealOutput)) {
    cereal::access::member_serialize(*this, changeable);
  } else if constexpr (MUSTER_CEREAL_USES(non_member_serialize, CerealOutput)) {
    CEREAL_SERIALIZE_FUNCTION_NAME(*this, changeable);
  } else if constexpr (MUSTER_CEREAL_USES(member_save, CerealOutput)) {
    cereal::access::member_save(*this, value);
  } else if constexpr (MUSTER_CEREAL_USES(non_member_save, CerealOutput)) {
    CEREAL_SAVE_FUNCTION_NAME(*this, value);
  } else if constexpr (MUSTER_CEREAL_USES(member_save_minimal, CerealOutput)) {
    process(cereal::access::member_save_minimal(*this, value));
  } else if constexpr (MUSTER_CEREAL_USES(non_member_save_minimal, CerealOutput)) {
    process(CEREAL_SAVE_MINIMAL_FUNCTION_NAME(*this, value));
  } else if constexpr (MUSTER_CEREAL_USES(member_versioned_serialize, CerealOutput)) {
    cereal::access::member_serialize(*this, changeable, version<T>());
  } else if constexpr (MUSTER_CEREAL_USES(non_member_versioned_serialize, CerealOutput)) {
    CEREAL_SERIALIZE_FUNCTION_NAME(*this, changeable, version<T>());
  } else if constexpr (MUSTER_CEREAL_USES(member_versioned_save, CerealOutput)) {
    cereal::access::member_save(*this, value, version<T>());
  } else if constexpr (MUSTER_CEREAL_USES(non_member_versioned_save, CerealOutput)) {
    CEREAL_SAVE_FUNCTION_NAME(*this, value, version<T>());
  } else if constexpr (MUSTER_CEREAL_USES(member_versioned_save_minimal, CerealOutput)) {
    process(cereal::access::member_save_minimal(*this, value, version<T>()));
  } else {
    process(CEREAL_SAVE_MINIMAL_FUNCTION_NAME(*this, value, version<T>()));
  }
}

template <class T>
void CerealInput::get(T& value) {
  const Nesting nesting(in_);
  if constexpr (MUSTER_CEREAL_USES(member_serialize, CerealInput)) {
    cereal::access::member_serialize(*this, value);
  } else if constexpr (MUSTER_CEREAL_USES(non_member_serialize, CerealInput)) {
    CEREAL_SERIALIZE_FUNCTION_NAME(*this, value);
  } else if constexpr (MUSTER_CEREAL_USES(member_load, CerealInput)) {
    cereal::access::member_load(*this, value);
  } else if constexpr (MUSTER_CEREAL_USES(non_member_load, CerealInput)) {
    CEREAL_LOAD_FUNCTION_NAME(*this, value);
  } else if constexpr (MUSTER_CEREAL_USES(member_load_minimal, CerealInput)) {
    typename cereal::traits::has_member_save_minimal<T, CerealOutput>::type minimal;
    process(minimal);
    cereal::access::member_load_minimal(*this, value, minimal);
  } else if constexpr (MUSTER_CEREAL_USES(non_member_load_minimal, CerealInput)) {
    typename cereal::traits::has_non_member_save_minimal<T, CerealOutput>::type minimal;
    process(minimal);
    CEREAL_LOAD_MINIMAL_FUNCTION_NAME(*this, value, minimal);
  } else if constexpr (MUSTER_CEREAL_USES(member_versioned_serialize, CerealInput)) {
    cereal::access::member_serialize(*this, value, version<T>());
  } else if constexpr (MUSTER_CEREAL_USES(non_member_versioned_serialize, CerealInput)) {
    CEREAL_SERIALIZE_FUNCTION_NAME(*this, value, version<T>());
  } else if constexpr (MUSTER_CEREAL_USES(member_versioned_load, CerealInput)) {
    cereal::access::member_load(*this, value, version<T>());
  } else if constexpr (MUSTER_CEREAL_USES(non_member_versioned_load, CerealInput)) {
    CEREAL_LOAD_FUNCTION_NAME(*this, value, version<T>());
  } else if constexpr (MUSTER_CEREAL_USES(member_versioned_load_minimal, CerealInput)) {
    const std::uint32_t read = version<T>();
    typename cereal::traits::has_member_versioned_save_minimal<T, CerealOutput>::type minimal;
    process(minimal);
    cereal::access::member_load_minimal(*this, value, minimal, read);
  } else {
    const std::uint32_t read = version<T>();
    typename cereal::traits::has_non_member_versioned_save_minimal<T, CerealOutput>::type minimal;
    process(minimal);
    CEREAL_LOAD_MINIMAL_FUNCTION_NAME(*this, value, minimal, read);
  }
}

#undef MUSTER_CEREAL_USES

}  // namespace muster::detail
