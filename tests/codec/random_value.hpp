#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <muster/detail/members.hpp>

namespace muster::test {

class RandomValues;

// A type that says itself how a random value of it is made, or has a function beside it that does.
template <class T>
concept MadeAtRandom = requires(RandomValues& values) {
  { T::random(values) } -> std::same_as<T>;
};
template <class T>
concept MadeAtRandomByOther = requires(RandomValues& values) {
  { random_value(std::type_identity<T>{}, values) } -> std::same_as<T>;
};
template <class T>
concept PointedToAtRandom = requires(RandomValues& values) { T::random_pointer(values); };

// Random values: mostly small, now and then extreme.
class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : bits_(seed) {}

  template <class T>
  T make() {
    if constexpr (MadeAtRandom<T>) {
      return T::random(*this);
    } else if constexpr (MadeAtRandomByOther<T>) {
      return random_value(std::type_identity<T>{}, *this);
    } else if constexpr (requires { make_each(std::type_identity<T>{}); }) {
      return make_each(std::type_identity<T>{});
    } else {
      T value{};
      fill(value);
      return value;
    }
  }

  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(bits_);
  }

  template <class T>
    requires std::integral<T> || std::is_enum_v<T>
  void fill(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = below(2) == 1;
    } else {
      const std::uint64_t bits = below(4) == 0 ? bits_() : bits_() % 200;
      value = static_cast<T>(bits);
    }
  }
  template <class T>
    requires(!std::integral<T> && std::is_trivial_v<T> && requires(T value) { value % value; } &&
             sizeof(T) == 16)
  void fill(T& value) {  // __int128, where it is no std::integral
    value = static_cast<T>(make<std::uint64_t>());
    if (below(2) == 0) value = (value << 64) + static_cast<T>(make<std::uint64_t>());
  }
  template <std::floating_point T>
  void fill(T& value) {
    value = below(8) == 0 ? std::numeric_limits<T>::infinity()
                          : static_cast<T>(std::normal_distribution<double>(0, 1e3)(bits_));
  }
  template <class T>
  void fill(std::complex<T>& value) {
    value = {make<T>(), make<T>()};
  }
  template <class R, class P>
  void fill(std::chrono::duration<R, P>& value) {
    value = std::chrono::duration<R, P>(make<R>());
  }
  template <class C, class D>
  void fill(std::chrono::time_point<C, D>& value) {
    value = std::chrono::time_point<C, D>(make<D>());
  }
  template <std::size_t N>
  void fill(std::bitset<N>& value) {
    for (std::size_t i = 0; i < N; ++i) value[i] = make<bool>();
  }
  template <class T, std::size_t N>
  void fill(std::array<T, N>& values) {
    for (T& value : values) fill(value);
  }
  void fill(std::monostate&) {}
  template <class T>
  void fill(std::optional<T>& value) {
    if (present()) value.emplace(make<T>());
  }
  template <class... Ts>
  void fill(std::variant<Ts...>& value) {
    fill_alternative(value, std::index_sequence_for<Ts...>{});
  }
  template <class T, class D>
  void fill(std::unique_ptr<T, D>& value) {
    if (present()) value.reset(make_pointee<T>().release());
  }
  template <class T>
  void fill(std::shared_ptr<T>& value) {
    if (present()) value = make_pointee<T>();
  }
  void fill(std::filesystem::path& path) {
    for (std::size_t n = below(5); n != 0; --n) path /= make<std::string>();
  }
  void fill(std::error_code& code) {
    code = std::error_code(make<int>(),
                           below(2) == 0 ? std::generic_category() : std::system_category());
  }
  void fill(std::error_condition& condition) {
    condition = std::error_condition(make<int>(), std::generic_category());
  }
  void fill(std::chrono::year_month_day& day) {
    day = std::chrono::sys_days(std::chrono::days(make<std::int16_t>()));
  }
  void fill(int (*&function)(int)) {
    if (make<bool>()) function = [](int x) { return x + 1; };
  }
  template <class T, std::size_t N>
  void fill(T (&values)[N]) {
    for (T& value : values) fill(value);
  }
  template <detail::OpenAggregate T>
    requires std::is_class_v<T>
  void fill(T& value) {
    ++depth_;
    if constexpr (!std::is_empty_v<T>) {
      detail::apply_to_members(value, [&](auto&... members) { (fill(members), ...); });
    }
    --depth_;
  }
  template <class T>
    requires(std::is_empty_v<T> && !detail::OpenAggregate<T>)
  void fill(T&) {}
  template <MadeAtRandom T>
    requires(!detail::OpenAggregate<T>)
  void fill(T& value) {
    value = T::random(*this);
  }
  // Containers that can be filled from the end or by key; a map's pairs have a const first.
  template <class T>
    requires requires(T c) {
      c.insert(c.end(), std::declval<typename T::value_type>());
      c.clear();
    }
  void fill(T& container) {
    using V = typename T::value_type;
    for (std::size_t n = length(); n != 0; --n) {
      if constexpr (requires { typename T::mapped_type; }) {
        auto key = make<typename T::key_type>();
        container.emplace(std::move(key), make<typename T::mapped_type>());
      } else if constexpr (requires(V value) { container.push_back(std::move(value)); }) {
        container.push_back(make<V>());
      } else {
        container.insert(container.end(), make<V>());
      }
    }
  }
  template <class T>
    requires requires(T c) { c.before_begin(); }
  void fill(T& list) {
    for (std::size_t n = length(); n != 0; --n) list.push_front(make<typename T::value_type>());
  }
  template <class T>
    requires requires(T c) {
      typename T::container_type;
      c.pop();
    }
  void fill(T& adaptor) {
    for (std::size_t n = length(); n != 0; --n) adaptor.push(make<typename T::value_type>());
  }
  template <class T>
    requires requires(T c) { c.cshift(1); }
  void fill(T& array) {
    array.resize(length());
    for (auto& value : array) fill(value);
  }

 private:
  // What lies deep in other values is small: that ends, and does not take all day.
  static constexpr int kDeep = 2;

  std::size_t length() {
    if (depth_ > kDeep) return below(depth_ > 2 * kDeep ? 1 : 3);
    return below(10) == 0 ? below(200 >> depth_) : below(6);
  }
  bool present() { return make<bool>() && depth_ < 20; }

  // What may have no default constructor in it. Braces evaluate from left to right.
  template <class A, class B>
  std::pair<A, B> make_each(std::type_identity<std::pair<A, B>>) {
    return std::pair<A, B>{make<A>(), make<B>()};
  }
  template <class... Ts>
  std::tuple<Ts...> make_each(std::type_identity<std::tuple<Ts...>>) {
    return std::tuple<Ts...>{make<Ts>()...};
  }

  template <class T>
  auto make_pointee() {
    if constexpr (PointedToAtRandom<T>) {
      return T::random_pointer(*this);
    } else {
      using Value = std::remove_const_t<T>;
      return std::unique_ptr<Value>(new Value(make<Value>()));
    }
  }

  template <class... Ts, std::size_t... I>
  void fill_alternative(std::variant<Ts...>& value, std::index_sequence<I...>) {
    const std::size_t chosen = below(sizeof...(Ts));
    ((I == chosen ? static_cast<void>(value.template emplace<I>(make<Ts>())) : void()), ...);
  }

  std::mt19937_64 bits_;
  int depth_ = 0;
};

}  // namespace muster::test
