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

namespace muster::test {

// Random values of the standard library's types: mostly small, now and then extreme.
class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : bits_(seed) {}

  template <class T>
  T make() {
    T value{};
    fill(value);
    return value;
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
  template <class A, class B>
  void fill(std::pair<A, B>& value) {
    value = {make<A>(), make<B>()};
  }
  template <class... Ts>
  void fill(std::tuple<Ts...>& tuple) {
    std::apply([&](auto&... values) { (fill(values), ...); }, tuple);
  }
  void fill(std::monostate&) {}
  template <class T>
  void fill(std::optional<T>& value) {
    if (make<bool>()) value = make<T>();
  }
  template <class... Ts>
  void fill(std::variant<Ts...>& value) {
    using Make = std::variant<Ts...> (*)(RandomValues&);
    constexpr Make kMake[] = {
        +[](RandomValues& random) { return std::variant<Ts...>(random.make<Ts>()); }...};
    value = kMake[below(sizeof...(Ts))](*this);
  }
  template <class T>
  void fill(std::unique_ptr<T>& value) {
    if (make<bool>()) value = std::make_unique<T>(make<T>());
  }
  template <class T>
  void fill(std::shared_ptr<T>& value) {
    if (make<bool>()) value = std::make_shared<T>(make<T>());
  }
  void fill(std::filesystem::path& path) {
    for (std::size_t n = below(5); n != 0; --n) path /= make<std::string>();
  }
  void fill(std::error_code& code) {
    code = std::error_code(make<int>(),
                           below(2) == 0 ? std::generic_category() : std::system_category());
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
        container.insert({make<typename T::key_type>(), make<typename T::mapped_type>()});
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
  std::size_t length() { return below(10) == 0 ? below(200) : below(6); }

  std::mt19937_64 bits_;
};

}  // namespace muster::test
