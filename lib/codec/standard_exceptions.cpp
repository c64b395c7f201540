#include "lib/codec/standard_exceptions.hpp"

#include <any>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <ios>
#include <memory>
#include <new>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <typeinfo>
#include <variant>

namespace muster::detail {

namespace {

// Those that hold nothing.
template <class E>
struct NoFields {
  static void encode(Encoder&, const E&) {}
  static E decode(Decoder&) { return E(); }
};

// The text that a system_error was made with, if any: what() without the message of the code,
// which its constructor adds.
std::optional<std::string> text_of(const char* what, const std::error_code& code) {
  const std::string added = code.message();
  std::string_view text = what;
  if (text == added) return std::nullopt;
  if (text.ends_with(added)) text.remove_suffix(added.size());
  if (text.ends_with(": ")) text.remove_suffix(2);
  return std::string(text);
}

template <class E>
struct SystemFields {
  static void encode(Encoder& out, const E& error) {
    out.write(error.code());
    out.write(text_of(error.what(), error.code()));
  }
  static E decode(Decoder& in) {
    const auto code = in.read<std::error_code>();
    const auto text = in.read<std::optional<std::string>>();
    if constexpr (std::is_same_v<E, std::system_error>) {
      return text ? E(code, *text) : E(code);
    } else {
      return E(text.value_or(""), code);
    }
  }
};

struct FilesystemFields {
  using E = std::filesystem::filesystem_error;
  static void encode(Encoder& out, const E& error) {
    out.write(error.code());
    out.write(text_of(error.std::system_error::what(), error.code()).value_or(""));
    out.write(error.path1());
    out.write(error.path2());
  }
  static E decode(Decoder& in) {
    const auto code = in.read<std::error_code>();
    const auto text = in.read<std::string>();
    const auto path1 = in.read<std::filesystem::path>();
    const auto path2 = in.read<std::filesystem::path>();
    if (path2.empty()) return path1.empty() ? E(text, code) : E(text, path1, code);
    return E(text, path1, path2, code);
  }
};

struct FutureFields {
  static void encode(Encoder& out, const std::future_error& error) { out.write(error.code()); }
  static std::future_error decode(Decoder& in) {
    return std::future_error(static_cast<std::future_errc>(in.read<std::error_code>().value()));
  }
};

struct RegexFields {
  static void encode(Encoder& out, const std::regex_error& error) {
    out.write(static_cast<std::int32_t>(error.code()));
  }
  static std::regex_error decode(Decoder& in) {
    return std::regex_error(static_cast<std::regex_constants::error_type>(in.read<std::int32_t>()));
  }
};

template <class E, class Fields = ExceptionFields<E>>
constexpr const ExceptionKind& kKindOf = ExceptionKindOf<E, Fields>::kKind;
template <class E>
constexpr const ExceptionKind& kEmpty = kKindOf<E, NoFields<E>>;

constexpr ExceptionKind kKinds[] = {
    kKindOf<std::runtime_error>,
    kKindOf<std::logic_error>,
    kKindOf<std::invalid_argument>,
    kKindOf<std::out_of_range>,
    kKindOf<std::domain_error>,
    kKindOf<std::length_error>,
    kKindOf<std::range_error>,
    kKindOf<std::overflow_error>,
    kKindOf<std::underflow_error>,
    kKindOf<std::system_error, SystemFields<std::system_error>>,
    kKindOf<std::ios_base::failure, SystemFields<std::ios_base::failure>>,
    kKindOf<std::filesystem::filesystem_error, FilesystemFields>,
    kKindOf<std::future_error, FutureFields>,
    kKindOf<std::regex_error, RegexFields>,
    kEmpty<std::exception>,
    kEmpty<std::bad_exception>,
    kEmpty<std::bad_alloc>,
    kEmpty<std::bad_array_new_length>,
    kEmpty<std::bad_cast>,
    kEmpty<std::bad_any_cast>,
    kEmpty<std::bad_typeid>,
    kEmpty<std::bad_function_call>,
    kEmpty<std::bad_weak_ptr>,
    kEmpty<std::bad_optional_access>,
    kEmpty<std::bad_variant_access>,
};

}  // namespace

std::span<const ExceptionKind> standard_exceptions() { return kKinds; }

}  // namespace muster::detail
