#include <cxxabi.h>

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/codec.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/error.hpp>

#include "lib/codec/exception_table.hpp"
#include "lib/codec/heap_region.hpp"
#include "lib/common/exception_text.hpp"

// An exception travels as
//   known   : u8 1, mangled name, block of its fields, nested
//   unknown : u8 0, demangled name, what, nested
//   nested  : u8 0, or u8 1 and the exception that is nested in it
// The fields are a block of their own, so that a type whose encode fails half way, or whose
// decode reads too much, spoils nothing else.
namespace muster::detail {

namespace {

constexpr unsigned kMostNested = 64;  // what lies deeper is dropped

enum class Form : std::uint8_t { unknown = 0, known = 1 };

// The three below look at the exception that is being handled.

std::exception_ptr nested_exception() {
  try {
    throw;
  } catch (const std::nested_exception& nesting) {
    return nesting.nested_ptr();
  } catch (...) {
    return nullptr;
  }
}

std::string text() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (const std::string& message) {
    return message;
  } catch (const char* message) {
    return message != nullptr ? message : "a null pointer to char";
  } catch (...) {
    return describe_exception(std::current_exception()) + " was thrown, which is no std::exception";
  }
}

// The name of E for the type that std::throw_with_nested(E) throws.
std::string type_name() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "an exception from another language";
  std::string name = demangle(type->name());
  constexpr std::string_view kNesting = "std::_Nested_exception<";
  if (name.starts_with(kNesting)) {
    name = name.substr(kNesting.size(), name.size() - kNesting.size() - 1);
    while (name.ends_with(' ')) name.pop_back();
  }
  return name;
}

bool encode_known(Encoder& out) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  const ExceptionKind* kind = type != nullptr ? find_exception_kind(*type) : nullptr;
  if (kind == nullptr) return false;
  HeapRegion region;
  Encoder fields(nullptr, nullptr, &region, out.modules());
  try {
    kind->encode(fields);
  } catch (abi::__forced_unwind&) {
    throw;  // pthread_exit
  } catch (...) {
    return false;  // it still travels, as a RemoteError
  }
  out.write(Form::known);
  out.write(std::string(kind->type->name()));
  encode_block(out, fields.data(), fields.size());
  return true;
}

void encode_one(const std::exception_ptr& exception, Encoder& out, unsigned depth) {
  std::exception_ptr nested;
  try {
    std::rethrow_exception(exception);
  } catch (...) {
    if (!encode_known(out)) {
      out.write(Form::unknown);
      out.write(type_name());
      out.write(text());
    }
    nested = nested_exception();
  }
  const bool goes_on = nested != nullptr && depth < kMostNested;
  out.write(goes_on);
  if (goes_on) encode_one(nested, out, depth + 1);
}

// The fields of an exception, read but not yet understood.
struct Read {
  Form form = Form::unknown;
  std::string name;
  std::string what;
  std::span<const std::byte> fields;
};

Read read_one(Decoder& in) {
  Read read;
  read.form = in.read<Form>();
  read.name = in.read<std::string>();
  if (read.form == Form::known) {
    read.fields = view_block<std::byte>(in);
  } else if (read.form == Form::unknown) {
    read.what = in.read<std::string>();
  } else {
    throw EncodingError("the bytes are damaged");
  }
  return read;
}

std::exception_ptr make(const Read& read, bool nesting, const ModuleTable* modules) {
  if (read.form == Form::unknown) {
    HeapRegion region;
    Encoder fields(nullptr, nullptr, &region);
    fields.write(read.name);
    fields.write(read.what);
    Decoder in(fields.data(), fields.size());
    return find_exception_kind(typeid(RemoteError))->decode(in, nesting);
  }
  const ExceptionKind* kind = find_exception_kind(read.name);
  if (kind == nullptr) {
    throw EncodingError("its type " + demangle(read.name.c_str()) +
                        " is not registered in this process");
  }
  Decoder in(read.fields.data(), read.fields.size(), modules);
  return kind->decode(in, nesting);
}

// What a worker leaves that has no memory for more.
bool is_empty(const Decoder& in) { return in.position() == 0 && in.remaining() == 0; }

std::exception_ptr decode_one(Decoder& in, unsigned depth) {
  const Read read = read_one(in);
  if (!in.read<bool>()) return make(read, false, in.modules());
  if (depth == kMostNested) throw EncodingError("exceptions are nested too deep");
  const std::exception_ptr nested = decode_one(in, depth + 1);
  try {
    std::rethrow_exception(nested);
  } catch (...) {
    return make(read, true, in.modules());  // takes what is being handled as nested
  }
}

}  // namespace

void encode_exception(const std::exception_ptr& exception, Encoder& out) {
  const std::size_t before = out.size();
  try {
    encode_one(exception, out, 0);
  } catch (...) {
    out.truncate(before);
    throw;
  }
}

std::exception_ptr decode_exception(Decoder& in) noexcept {
  try {
    if (is_empty(in)) {
      return std::make_exception_ptr(EncodingError(
          "neither the task's result nor what it threw fits into the memory that is left"));
    }
    return decode_one(in, 0);
  } catch (const std::exception& error) {
    try {
      return std::make_exception_ptr(EncodingError(
          std::string("the task threw an exception that cannot be read: ") + error.what()));
    } catch (...) {
      return std::current_exception();  // no memory
    }
  } catch (...) {
    return std::current_exception();  // what a Codec's decode threw
  }
}

}  // namespace muster::detail
