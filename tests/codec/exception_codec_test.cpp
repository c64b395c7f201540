// Exceptions arrive as what they were thrown as.
#include <signal.h>

#include <any>
#include <array>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <typeinfo>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <muster/detail/exception_codec.hpp>
#include <muster/error.hpp>
#include <muster/exception_registry.hpp>

#include "codec/message.hpp"

namespace my {

struct ParseError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class CodedError : public std::exception {
 public:
  CodedError(int code, std::string file) : code_(code), file_(std::move(file)) {}
  const char* what() const noexcept override { return "coded"; }
  int code() const { return code_; }
  const std::string& file() const { return file_; }

 private:
  int code_;
  std::string file_;
};

struct Reason {
  int number;
};

class StackedError : public std::runtime_error, public std::nested_exception {
 public:
  using std::runtime_error::runtime_error;
};

struct FinalError final : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct FaultyError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Unregistered : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace my

template <>
struct muster::Codec<my::CodedError> {
  static void encode(Encoder& out, const my::CodedError& error) {
    out.write(error.code());
    out.write(error.file());
  }
  static my::CodedError decode(Decoder& in) {
    const int code = in.read<int>();
    return {code, in.read<std::string>()};
  }
};

template <>
struct muster::Codec<my::FaultyError> {
  static void encode(Encoder& out, const my::FaultyError& error) {
    out.write('x');
    if (error.what() == std::string("encode")) throw std::logic_error("encode failed");
    if (error.what() == std::string("encode other")) throw 42;
  }
  static my::FaultyError decode(Decoder&) { throw std::logic_error("decode failed"); }
};

MUSTER_REGISTER_EXCEPTION(my::ParseError)
MUSTER_REGISTER_EXCEPTION(my::CodedError)
MUSTER_REGISTER_EXCEPTION(my::Reason)
MUSTER_REGISTER_EXCEPTION(my::StackedError)
MUSTER_REGISTER_EXCEPTION(my::FinalError)
MUSTER_REGISTER_EXCEPTION(my::FaultyError)

namespace muster::test {
namespace {

template <class Action>
std::exception_ptr thrown_by(Action&& action) {
  try {
    action();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

std::exception_ptr travel(const std::exception_ptr& exception) {
  Message message;
  detail::encode_exception(exception, message.encoder());
  Decoder in(message.bytes().data(), message.bytes().size());
  auto read = detail::decode_exception(in);
  EXPECT_EQ(in.remaining(), 0u);
  return read;
}

// What arrives of what the action throws, which must be exactly an E.
template <class E, class Action>
E arrival(Action&& action) {
  try {
    std::rethrow_exception(travel(thrown_by(action)));
  } catch (const E& error) {
    if constexpr (std::is_polymorphic_v<E>) {
      EXPECT_STREQ(typeid(error).name(), typeid(E).name());
    }
    return error;
  }
}

template <class E>
void expect_same(const E& error) {
  EXPECT_STREQ(arrival<E>([&] { throw error; }).what(), error.what());
}

TEST(Exceptions, OfTheStandardLibraryArriveAsThemselves) {
  expect_same(std::runtime_error("text"));
  expect_same(std::logic_error(""));
  expect_same(std::invalid_argument("text"));
  expect_same(std::out_of_range("text"));
  expect_same(std::domain_error("text"));
  expect_same(std::length_error("text"));
  expect_same(std::range_error("text"));
  expect_same(std::overflow_error("text"));
  expect_same(std::underflow_error("text"));
  expect_same(std::exception());
  expect_same(std::bad_exception());
  expect_same(std::bad_alloc());
  expect_same(std::bad_array_new_length());
  expect_same(std::bad_cast());
  expect_same(std::bad_any_cast());
  expect_same(std::bad_typeid());
  expect_same(std::bad_function_call());
  expect_same(std::bad_weak_ptr());
  expect_same(std::bad_optional_access());
  expect_same(std::bad_variant_access());
  expect_same(std::future_error(std::future_errc::broken_promise));
}

TEST(Exceptions, ThatTheLibraryItselfThrows) {
  EXPECT_STREQ(arrival<std::out_of_range>([] { std::string().at(1); }).what(),
               "basic_string::at: __n (which is 1) >= this->size() (which is 0)");
  arrival<std::bad_optional_access>([] { static_cast<void>(std::optional<int>().value()); });
  arrival<std::bad_variant_access>(
      [] { static_cast<void>(std::get<1>(std::variant<int, char>())); });
  arrival<std::bad_any_cast>([] { std::any_cast<int>(std::any()); });
  arrival<std::regex_error>([] { std::regex("("); });
  const auto failure = arrival<std::ios_base::failure>([] {
    std::ifstream file;
    file.exceptions(std::ios::failbit);
    file.open("/no/such/file");
  });
  EXPECT_EQ(failure.code(), std::io_errc::stream);
}

TEST(Exceptions, SystemErrorsKeepTheirCode) {
  const std::error_code code(ENOENT, std::generic_category());
  for (const std::system_error& error :
       {std::system_error(code), std::system_error(code, "text"), std::system_error(code, ""),
        std::system_error(EACCES, std::system_category(), "a: b: ")}) {
    const auto read = arrival<std::system_error>([&] { throw error; });
    EXPECT_EQ(read.code(), error.code());
    EXPECT_STREQ(read.what(), error.what());
  }
}

TEST(Exceptions, FilesystemErrorsKeepCodeAndPaths) {
  const std::error_code code(ENOENT, std::generic_category());
  using std::filesystem::filesystem_error;
  for (const filesystem_error& error :
       {filesystem_error("text", code), filesystem_error("text", "/a", code),
        filesystem_error("text", "/a", "/b/c", code)}) {
    const auto read = arrival<filesystem_error>([&] { throw error; });
    EXPECT_EQ(read.code(), error.code());
    EXPECT_EQ(read.path1(), error.path1());
    EXPECT_EQ(read.path2(), error.path2());
    EXPECT_STREQ(read.what(), error.what());
  }
  const auto real = arrival<filesystem_error>(
      [] { static_cast<void>(std::filesystem::file_size("/no/such/file")); });
  EXPECT_EQ(real.path1(), "/no/such/file");
}

TEST(Exceptions, OfMusterKeepWhatTheyKnow) {
  expect_same(Error("text"));
  expect_same(CancelledError());
  expect_same(CancelledError("text"));
  expect_same(TimeoutError("text"));
  expect_same(TaskTimeoutError("text"));
  expect_same(InvalidStateError("text"));
  expect_same(InvalidArgumentError("text"));
  expect_same(ShutdownError("text"));
  expect_same(EncodingError("text"));
  expect_same(BrokenExecutor("text"));
  expect_same(BrokenThreadPool("text"));
  const WorkerDeath death{
      .worker_pid = 12,
      .worker_index = 3,
      .term_signal = SIGSEGV,
      .exit_code = std::nullopt,
      .task_name = "task",
      .backtrace = muster::Backtrace(std::vector<std::string>{"frame 1", "frame 2"}),
      .core_dumped = true,
      .max_rss_bytes = 4096};
  expect_same(BrokenProcessPool("text", death));
  const auto read = arrival<WorkerDiedError>([&] { throw WorkerDiedError("text", death); });
  EXPECT_EQ(read.worker_pid(), 12);
  EXPECT_EQ(read.term_signal(), SIGSEGV);
  EXPECT_EQ(read.exit_code(), std::nullopt);
  EXPECT_EQ(read.task_name(), "task");
  EXPECT_EQ(read.backtrace(), death.backtrace.lines());
  EXPECT_TRUE(read.core_dumped());
  EXPECT_EQ(read.max_rss_bytes(), 4096);
  const auto remote = arrival<RemoteError>([] { throw RemoteError("my::Type", "text"); });
  EXPECT_EQ(remote.type_name(), "my::Type");
}

TEST(Exceptions, RegisteredArriveAsThemselves) {
  expect_same(my::ParseError("line 3"));
  expect_same(my::FinalError("final"));
  const auto coded = arrival<my::CodedError>([] { throw my::CodedError(7, "file"); });
  EXPECT_EQ(coded.code(), 7);
  EXPECT_EQ(coded.file(), "file");
  EXPECT_EQ(arrival<my::Reason>([] { throw my::Reason{5}; }).number, 5);
}

TEST(Exceptions, OthersArriveAsRemoteErrorWithTheirTypeAndText) {
  const auto unregistered = arrival<RemoteError>([] { throw my::Unregistered("its own text"); });
  EXPECT_EQ(unregistered.type_name(), "my::Unregistered");
  EXPECT_STREQ(unregistered.what(), "its own text");
  EXPECT_EQ(arrival<RemoteError>([] { throw 42; }).type_name(), "int");
  EXPECT_STREQ(arrival<RemoteError>([] { throw "a literal"; }).what(), "a literal");
  EXPECT_STREQ(arrival<RemoteError>([] { throw std::string("a string"); }).what(), "a string");
  EXPECT_EQ(arrival<RemoteError>([] { throw std::vector<int>(3); }).type_name(),
            "std::vector<int, std::allocator<int> >");
}

// The what() of the exception and of what is nested in it.
std::vector<std::string> texts(const std::exception_ptr& exception) {
  std::vector<std::string> found;
  std::exception_ptr next = exception;
  while (next) {
    std::exception_ptr inner;
    try {
      std::rethrow_exception(next);
    } catch (const std::exception& error) {
      found.push_back(error.what());
      if (const auto* nesting = dynamic_cast<const std::nested_exception*>(&error)) {
        inner = nesting->nested_ptr();
      }
    }
    next = inner;
  }
  return found;
}

TEST(NestedExceptions, ArriveNested) {
  const auto nesting = thrown_by([] {
    try {
      try {
        throw std::out_of_range("inner");
      } catch (...) {
        std::throw_with_nested(my::ParseError("middle"));
      }
    } catch (...) {
      std::throw_with_nested(std::runtime_error("outer"));
    }
  });
  const auto read = travel(nesting);
  EXPECT_EQ(texts(read), (std::vector<std::string>{"outer", "middle", "inner"}));
  try {
    std::rethrow_exception(read);
  } catch (const std::runtime_error& outer) {
    try {
      std::rethrow_if_nested(outer);
      FAIL();
    } catch (const my::ParseError& middle) {
      EXPECT_THROW(std::rethrow_if_nested(middle), std::out_of_range);
    }
  }
}

TEST(NestedExceptions, OfTypesThatNestByThemselves) {
  const auto read = travel(thrown_by([] {
    try {
      throw std::logic_error("inner");
    } catch (...) {
      throw my::StackedError("outer");
    }
  }));
  EXPECT_EQ(texts(read), (std::vector<std::string>{"outer", "inner"}));
  EXPECT_THROW(std::rethrow_exception(read), my::StackedError);
  EXPECT_EQ(texts(travel(thrown_by([] { throw my::StackedError("alone"); }))),
            (std::vector<std::string>{"alone"}));
}

TEST(NestedExceptions, OfUnknownTypesAreRemoteErrorsThatNest) {
  const auto read = travel(thrown_by([] {
    try {
      throw my::Unregistered("inner");
    } catch (...) {
      std::throw_with_nested(my::Unregistered("outer"));
    }
  }));
  EXPECT_EQ(texts(read), (std::vector<std::string>{"outer", "inner"}));
  try {
    std::rethrow_exception(read);
  } catch (const RemoteError& error) {
    EXPECT_EQ(error.type_name(), "my::Unregistered");
    EXPECT_THROW(std::rethrow_if_nested(error), RemoteError);
  }
}

TEST(NestedExceptions, TooManyAreCutOff) {
  std::exception_ptr nesting;
  for (int i = 0; i < 1000; ++i) {
    nesting = thrown_by([&] {
      if (!nesting) throw std::runtime_error("innermost");
      try {
        std::rethrow_exception(nesting);
      } catch (...) {
        std::throw_with_nested(std::runtime_error("level"));
      }
    });
  }
  EXPECT_GE(texts(travel(nesting)).size(), 50u);
}

TEST(Exceptions, ThatFailToEncodeArriveAsRemoteError) {
  const auto read = arrival<RemoteError>([] { throw my::FaultyError("encode"); });
  EXPECT_EQ(read.type_name(), "my::FaultyError");
  EXPECT_STREQ(read.what(), "encode");
  const auto other = arrival<RemoteError>([] { throw my::FaultyError("encode other"); });
  EXPECT_EQ(other.type_name(), "my::FaultyError");
}

TEST(Exceptions, ThatFailToDecodeAreAnEncodingError) {
  const auto read = arrival<EncodingError>([] { throw my::FaultyError("decode"); });
  EXPECT_NE(std::string(read.what()).find("decode failed"), std::string::npos);
}

TEST(Exceptions, WithoutRoomLeaveTheEncoderAsItWas) {
  std::array<std::byte, 20> region;
  Encoder out(region.data(), region.data() + region.size());
  out.write(std::uint64_t{1});
  const auto exception = std::make_exception_ptr(std::runtime_error(std::string(100, 'x')));
  EXPECT_THROW(detail::encode_exception(exception, out), EncodingError);
  EXPECT_EQ(out.size(), 8u);
}

TEST(Exceptions, FromBytesThatMakeNoSenseAreAnEncodingError) {
  Decoder nothing(nullptr, 0);
  EXPECT_THROW(std::rethrow_exception(detail::decode_exception(nothing)), EncodingError);

  Message message;
  detail::encode_exception(thrown_by([] { throw my::CodedError(1, "file"); }), message.encoder());
  const std::vector<std::byte> whole(message.bytes().begin(), message.bytes().end());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Decoder in(whole.data(), size);
    EXPECT_THROW(std::rethrow_exception(detail::decode_exception(in)), EncodingError);
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned flip : {1u, 0x80u, 0xFFu}) {
      std::vector<std::byte> bytes = whole;
      bytes[at] ^= static_cast<std::byte>(flip);
      Decoder in(bytes.data(), bytes.size());
      EXPECT_NE(detail::decode_exception(in), nullptr);
    }
  }
}

// A worker that has no memory left for an exception leaves nothing.
TEST(Exceptions, OfWhichNothingCameAreAnErrorThatSaysSo) {
  Decoder nothing(nullptr, 0);
  try {
    std::rethrow_exception(detail::decode_exception(nothing));
  } catch (const EncodingError& error) {
    EXPECT_STREQ(error.what(),
                 "neither the task's result nor what it threw fits into the memory that is left");
  }
}

}  // namespace
}  // namespace muster::test
