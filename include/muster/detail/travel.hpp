#pragma once

#include <array>
#include <atomic>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <source_location>
#include <span>
#include <string_view>
#include <type_traits>
#include <typeindex>

#include <muster/detail/members.hpp>

// Which types hold addresses, that mean nothing in another process, and what to say of them.
namespace muster::detail {

enum class Refusal {
  none,
  raw_pointer,
  reference,
  c_array,
  view,
  view_of_others,
  view_of_aligned,
  iterator,
  std_function,
  reference_wrapper,
  atomic,
  address_like,
  pointer_to_array,
  pointer_to_void,
  deleter,
  abstract_class,
  pointer_member,
  no_codec,
};

template <class T, template <class...> class Template>
inline constexpr bool kIsA = false;
template <class... Ts, template <class...> class Template>
inline constexpr bool kIsA<Template<Ts...>, Template> = true;

template <class T>
inline constexpr bool kIsSpan = false;
template <class T, std::size_t N>
inline constexpr bool kIsSpan<std::span<T, N>> = true;

template <class T>
inline constexpr bool kIsStdArray = false;
template <class T, std::size_t N>
inline constexpr bool kIsStdArray<std::array<T, N>> = true;

// What a std::unique_ptr, shared_ptr or weak_ptr points to, with [] if that is an array.
template <class T>
struct SmartPointee {
  using type = char;
};
template <class T, class D>
struct SmartPointee<std::unique_ptr<T, D>> {
  using type = T;
};
template <class T>
struct SmartPointee<std::shared_ptr<T>> {
  using type = T;
};
template <class T>
struct SmartPointee<std::weak_ptr<T>> {
  using type = T;
};

// A std::unique_ptr whose deleter is what it was told to be: one made anew would be none.
template <class T>
inline constexpr bool kHasDeleterOfItsOwn = false;
template <class T, class D>
inline constexpr bool kHasDeleterOfItsOwn<std::unique_ptr<T, D>> =
    std::is_pointer_v<D> || std::is_reference_v<D> || kIsA<D, std::function>;

template <class T>
inline constexpr bool kIsFunctionPointer =
    std::is_pointer_v<T> && std::is_function_v<std::remove_pointer_t<T>>;

// Why the type itself cannot travel, whatever is in it.
template <class T>
constexpr Refusal refusal_by_name() {
  if constexpr (std::is_reference_v<T>) {
    return Refusal::reference;
  } else if constexpr (std::is_pointer_v<T> && !kIsFunctionPointer<T>) {
    return Refusal::raw_pointer;
  } else if constexpr (std::is_array_v<T>) {
    return Refusal::c_array;
  } else if constexpr (kIsA<T, std::function>) {
    return Refusal::std_function;
  } else if constexpr (kIsA<T, std::reference_wrapper>) {
    return Refusal::reference_wrapper;
  } else if constexpr (kIsA<T, std::basic_string_view> || kIsSpan<T> ||
                       kIsA<T, std::initializer_list>) {
    return Refusal::view;
  } else if constexpr (kIsA<T, std::atomic> || std::is_same_v<T, std::atomic_flag>) {
    return Refusal::atomic;
  } else if constexpr (std::is_same_v<T, std::type_index> || kIsA<T, std::atomic_ref> ||
                       kIsA<T, std::coroutine_handle> || std::is_same_v<T, std::source_location>) {
    return Refusal::address_like;
  } else if constexpr (std::is_array_v<typename SmartPointee<T>::type>) {
    return Refusal::pointer_to_array;
  } else if constexpr (std::is_void_v<typename SmartPointee<T>::type>) {
    return Refusal::pointer_to_void;
  } else if constexpr (kHasDeleterOfItsOwn<T>) {
    return Refusal::deleter;
  } else if constexpr (!std::is_class_v<T>) {
    return Refusal::none;
  } else if constexpr (std::is_abstract_v<T>) {
    return Refusal::abstract_class;
  } else if constexpr (std::ranges::enable_view<T>) {
    return Refusal::view;
  } else if constexpr (std::is_trivially_copyable_v<T> && std::input_or_output_iterator<T>) {
    return Refusal::iterator;
  } else {
    return Refusal::none;
  }
}

template <class T>
constexpr bool holds_address();

template <class... Ms>
constexpr bool any_holds_address(TypeList<Ms...>) {
  return (holds_address<std::remove_cv_t<Ms>>() || ...);
}

// Whether an address is in T for sure: T is one, or a member of it is, or an element. Pointers to
// functions do not count. What is private cannot be seen.
template <class T>
constexpr bool holds_address() {
  if constexpr (std::is_array_v<T>) {
    return holds_address<std::remove_cv_t<std::remove_all_extents_t<T>>>();
  } else if constexpr (refusal_by_name<T>() != Refusal::none) {
    return refusal_by_name<T>() != Refusal::atomic;
  } else if constexpr (kIsStdArray<T>) {
    return holds_address<std::remove_cv_t<typename T::value_type>>();
  } else if constexpr (OpenAggregate<T>) {
    return any_holds_address(MemberTypes<T>{});
  } else {
    return false;
  }
}

// Instantiated for a type that cannot travel, so that the compiler names both type and reason.
template <class T, Refusal kWhy>
struct CannotTravel {
  static_assert(kWhy != Refusal::raw_pointer,
                "muster: a raw pointer cannot travel to another process. Send the value it points "
                "to, or a std::vector or std::string of the values.");
  static_assert(kWhy != Refusal::reference,
                "muster: a reference to non-const cannot travel to another process, where the "
                "task would change a copy. Take the parameter by value or const reference and "
                "return the new value.");
  static_assert(kWhy != Refusal::c_array,
                "muster: a C array cannot travel by itself. Send a std::array, std::vector or "
                "std::string.");
  static_assert(kWhy != Refusal::view,
                "muster: a view cannot travel except as a parameter of type std::span<const T> or "
                "std::string_view. Send or return what owns the values: a std::vector or "
                "std::string.");
  static_assert(kWhy != Refusal::view_of_others,
                "muster: only values that are trivially copyable and hold no address can be "
                "viewed in place. Take a const std::vector& instead of the span.");
  static_assert(kWhy != Refusal::view_of_aligned,
                "muster: only values aligned to 64 bytes at the most can be viewed in place, as "
                "messages are aligned to no more. Take a const std::vector& instead of the span, "
                "and result() instead of view().");
  static_assert(kWhy != Refusal::iterator,
                "muster: an iterator cannot travel, it points into this process's memory. Send "
                "the values, or an index.");
  static_assert(kWhy != Refusal::std_function,
                "muster: a std::function cannot travel, nobody knows what it holds. Send the "
                "function pointer or the captureless lambda itself.");
  static_assert(kWhy != Refusal::reference_wrapper,
                "muster: a std::reference_wrapper cannot travel, it is an address. Send the value "
                "itself.");
  static_assert(kWhy != Refusal::atomic,
                "muster: a std::atomic cannot travel, a copy would share nothing. Send the value "
                "that load() gives.");
  static_assert(kWhy != Refusal::address_like,
                "muster: this type holds an address that means nothing in another process. Send "
                "what it stands for by name or value.");
  static_assert(kWhy != Refusal::pointer_to_array,
                "muster: a smart pointer to an array cannot travel, its length is not known. Send "
                "a std::vector.");
  static_assert(kWhy != Refusal::pointer_to_void,
                "muster: a smart pointer to void cannot travel, nobody knows what it points to. "
                "Send a pointer to the class itself.");
  static_assert(
      kWhy != Refusal::deleter,
      "muster: a std::unique_ptr cannot travel whose deleter is a pointer, a reference or "
      "a std::function, as the deleter is made anew on the other side. Use a class with a "
      "call operator, or the default.");
  static_assert(kWhy != Refusal::abstract_class,
                "muster: an abstract class cannot travel by value. Send a std::unique_ptr to it, "
                "with its classes registered by CEREAL_REGISTER_TYPE.");
  static_assert(kWhy != Refusal::pointer_member,
                "muster: a member of this aggregate is a pointer, a reference or a view, whose "
                "bytes mean nothing in another process. Hold the values themselves, or specialise "
                "muster::Codec for the type.");
  static_assert(kWhy != Refusal::no_codec,
                "muster: nothing says how this type travels. Give it a cereal serialize function "
                "or a specialisation of muster::Codec, or make it a plain aggregate.");
};

}  // namespace muster::detail
