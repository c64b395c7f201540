#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <muster/detail/codec_block.hpp>
#include <muster/detail/codec_kind.hpp>

// Results that can be looked at where they arrived: those that travel as one block of bytes.
namespace muster::detail {

template <class R>
struct ResultView {
  static constexpr bool kIs = false;
};

template <class T, class A>
struct ResultView<std::vector<T, A>> {
  static constexpr bool kIs = travels_as_bytes<T>() && !std::is_same_v<T, bool>;
  using View = std::span<const T>;
};

template <class C, class Traits, class A>
struct ResultView<std::basic_string<C, Traits, A>> {
  static constexpr bool kIs = true;
  using View = std::basic_string_view<C, Traits>;
};

template <class R>
concept Viewable = ResultView<R>::kIs;

// Throws EncodingError where these bytes are no such result.
template <Viewable R>
typename ResultView<R>::View view_of_bytes(const std::byte* data, std::size_t size) {
  using Element = typename R::value_type;
  if constexpr (alignof(Element) > kRegionAlignment) {
    [[maybe_unused]] CannotTravel<R, Refusal::view_of_aligned> told;
  }
  Decoder in(data, size);
  const auto block = view_block<Element>(in);
  check_all_read(in);
  return {block.data(), block.size()};
}

}  // namespace muster::detail
