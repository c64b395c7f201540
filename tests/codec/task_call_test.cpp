// Calls: what the callable and its arguments become on the other side.
#include <list>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <muster/detail/task_call.hpp>
#include <muster/error.hpp>

#include "codec/message.hpp"

namespace muster::test {
namespace {

using detail::CallTraits;
using detail::kDynamicSize;

// Encodes the call, runs its thunk as a worker does, decodes the result.
template <class F, class... Args>
auto call(F&& function, Args&&... args) {
  using Traits = CallTraits<F, Args...>;
  const std::size_t hint = Traits::size_hint(args...);
  Message task;
  Traits::encode(task.encoder(), function, std::forward<Args>(args)...);
  if (Traits::kFixedSize != kDynamicSize) {
    EXPECT_EQ(task.bytes().size(), Traits::kFixedSize);
    EXPECT_EQ(hint, Traits::kFixedSize);
  }
  Decoder in(task.bytes().data(), task.bytes().size());
  Message result;
  Traits::type().thunk(in, result.encoder());
  Decoder out(result.bytes().data(), result.bytes().size());
  if constexpr (std::is_void_v<typename Traits::Result>) {
    EXPECT_EQ(out.remaining(), 0u);
  } else {
    return detail::decode_result<typename Traits::Result>(out);
  }
}

int twice(int x) { return 2 * x; }
int throwing(int) noexcept(false) { throw std::out_of_range("thrown"); }
std::size_t length(std::string_view text) { return text.size(); }
std::size_t length_of_string(const std::string& text) { return text.size(); }
double sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}
double first_of_three(std::span<const double, 3> values) { return values[0]; }
bool aligned(char, std::span<const long double> values) {
  return reinterpret_cast<std::uintptr_t>(values.data()) % alignof(long double) == 0;
}
int take(std::unique_ptr<int> pointer) { return *pointer; }
int take_rvalue(std::string&& text, std::vector<int>&& values) {
  const std::string mine = std::move(text);
  return static_cast<int>(mine.size() + values.size());
}
const std::string& same(const std::string& text) { return text; }
int apply(int (*function)(int), int x) { return function(x); }

struct Counter {
  int start = 0;
  int plus(int x) const { return start + x; }
  int bump() & { return ++start; }
  int leave() && { return start; }
  virtual int which() const { return 1; }
  virtual ~Counter() = default;
  Counter() = default;
  explicit Counter(int from) : start(from) {}
  template <class Archive>
  void serialize(Archive& archive) {
    archive(start);
  }
};
struct Other : Counter {
  int which() const override { return 2; }
};
struct Adder {
  int amount;
  int operator()(int x) const { return x + amount; }
};
struct Overloaded {
  int operator()(int) const { return 1; }
  int operator()(const std::string&) const { return 2; }
};

TEST(Call, OfFunctions) {
  EXPECT_EQ(call(twice, 21), 42);
  EXPECT_EQ(call(&twice, 21), 42);
  EXPECT_EQ(call(twice, 2.0), 4);
  EXPECT_EQ((CallTraits<int (&)(int), int>::kFixedSize), 12u);
  EXPECT_EQ((CallTraits<int (&)(int), int>::kFixedResultSize), 4u);
}

TEST(Call, OfLambdasAndCallables) {
  EXPECT_EQ(call([] { return 3; }), 3);
  EXPECT_EQ((CallTraits<decltype([] { return 3; })>::kFixedSize), 0u);
  int captured = 5;
  double other = 0.5;
  EXPECT_EQ(call([captured, other](int x) { return captured + x + 2 * other; }, 1), 7.0);
  EXPECT_EQ(call(Adder{3}, 4), 7);
  EXPECT_EQ(call([n = 0]() mutable { return ++n; }), 1);
  EXPECT_EQ(call([](auto x) { return x + x; }, std::string("ab")), "abab");
  EXPECT_EQ(call([](const auto& x, auto... rest) { return x.size() + sizeof...(rest); },
                 std::string("ab"), 1, 2),
            4u);
  EXPECT_EQ(call(Overloaded{}, std::string("x")), 2);
}

TEST(Call, OfLambdasWithCapturesWhateverWasAskedOfThemBefore) {
  int captured = 5;
  double other = 0.5;
  const auto lambda = [captured, other](int x) { return captured + x + 2 * other; };
  const std::tuple copy(lambda);  // asks whether it can be assigned
  EXPECT_EQ(call(lambda, 1), 7.0);
  EXPECT_EQ(call(std::get<0>(copy), 2), 8.0);
  const std::optional maybe([captured](auto x) { return captured + x; });
  EXPECT_EQ(call(*maybe, 1), 6);
}

TEST(Call, OfLambdasWithCapturesAsArguments) {
  int captured = 5;
  bool flag = true;
  const auto add = [captured](int x) { return captured + x; };
  EXPECT_EQ(call([](auto function, int x) { return function(x); }, add, 3), 8);
  const auto generic = [captured, flag](auto x) { return flag ? captured + x : x; };
  EXPECT_EQ(call([](const auto& function, int x) { return function(x); }, generic, 4), 9);
  EXPECT_EQ(call([](auto function) { return function; }, add)(6), 11);
}

TEST(Call, OfPointersToMembers) {
  EXPECT_EQ(call(&Counter::plus, Counter(3), 4), 7);
  EXPECT_EQ(call(&Counter::bump, Counter(3)), 4);
  EXPECT_EQ(call(&Counter::leave, Counter(3)), 3);
  EXPECT_EQ(call(&Counter::which, Other()), 2);
  EXPECT_EQ(call(&Counter::which, Counter()), 1);
  EXPECT_EQ(call(&Counter::start, Counter(8)), 8);
  EXPECT_EQ(call(&std::string::size, std::string("four")), 4u);
  EXPECT_EQ(call(&Adder::amount, std::make_unique<Adder>(Adder{6})), 6);
}

TEST(Call, ConvertsArgumentsToTheParameters) {
  EXPECT_EQ(call(length, "abc"), 3u);
  EXPECT_EQ(call(length, std::string("abcd")), 4u);
  EXPECT_EQ(call(length_of_string, "abcde"), 5u);
  const char* text = "ab";
  EXPECT_EQ(call(length_of_string, text), 2u);
  EXPECT_EQ(call([](long x) { return sizeof(x); }, short{1}), 8u);
  EXPECT_EQ(call([](std::optional<int> x) { return x.value_or(1); }, 7), 7);
}

TEST(Call, GivesViewsOfTheBytesThatWereSent) {
  const std::vector<double> values{1, 2, 3};
  EXPECT_EQ(call(sum, values), 6);
  EXPECT_EQ(call(sum, std::vector<double>{4, 5}), 9);
  EXPECT_EQ(call(sum, std::span<const double>(values).first(2)), 3);
  const std::array<double, 2> array{7, 8};
  EXPECT_EQ(call(sum, array), 15);
  EXPECT_EQ(call(first_of_three, std::span<const double, 3>(values.data(), 3)), 1);
  EXPECT_TRUE(call(aligned, 'x', std::vector<long double>(3)));
  EXPECT_TRUE(call(aligned, 'x', std::vector<long double>()));
}

TEST(Call, TakesVectorsOfWhatIsAlignedBeyondTheMessage) {
  struct alignas(128) Line {
    double first;
  };
  const auto add = [](char, const std::vector<Line>& lines) {
    return reinterpret_cast<std::uintptr_t>(lines.data()) % alignof(Line) == 0
               ? lines[0].first + lines[1].first
               : -1;
  };
  // In a region that is aligned for the elements, and in one that is not.
  for (int i = 0; i < 8; ++i) EXPECT_EQ(call(add, 'x', std::vector<Line>{{1}, {2}}), 3);
}

TEST(Call, OfAViewCopiesOnce) {
  using Traits = CallTraits<decltype(&sum), std::vector<double>&>;
  std::vector<double> values(1000);
  Message task;
  Traits::encode(task.encoder(), &sum, values);
  EXPECT_LE(task.bytes().size(), Traits::size_hint(values));
  EXPECT_GE(task.bytes().size() + 16, Traits::size_hint(values));
  Decoder in(task.bytes().data(), task.bytes().size());
  Traits::decode_callable(in);
  const auto arguments = Traits::decode_arguments(in);
  EXPECT_GE(reinterpret_cast<const std::byte*>(std::get<0>(arguments).data()), task.bytes().data());
  EXPECT_LE(reinterpret_cast<const std::byte*>(std::get<0>(arguments).data() + 1000),
            task.bytes().data() + task.bytes().size());
}

TEST(Call, MovesWhatCanOnlyBeMoved) {
  auto pointer = std::make_unique<int>(9);
  EXPECT_EQ(call(take, std::move(pointer)), 9);
  EXPECT_EQ(call(take_rvalue, std::string("abc"), std::vector<int>(2)), 5);
  const std::unique_ptr<int> result =
      call([](std::unique_ptr<int> p) { return p; }, std::make_unique<int>(4));
  EXPECT_EQ(*result, 4);
}

TEST(Call, OwnsWhatItsArgumentsShareAlone) {
  const auto one = std::make_shared<std::string>("one");
  EXPECT_EQ(call([](std::shared_ptr<std::string> p) { return p.use_count(); }, one), 1);
  EXPECT_EQ(call([](const std::shared_ptr<std::string>& p,
                    std::shared_ptr<std::string> q) { return p == q ? p.use_count() : 0; },
                 one, one),
            2);
  EXPECT_TRUE(call([](std::weak_ptr<std::string> p) { return p.expired(); }, std::weak_ptr(one)));
  EXPECT_TRUE(call(
      [](std::shared_ptr<std::string> p, std::weak_ptr<std::string> q) {
        const bool there = q.lock() == p && p != nullptr;
        p.reset();
        return there && q.expired();
      },
      one, std::weak_ptr(one)));
}

TEST(Call, TakesNoArguments) {
  call([] {});
}

TEST(Call, GivesReferencesAsCopies) { EXPECT_EQ(call(same, std::string("copy")), "copy"); }

TEST(Call, OfAFunctionGivenAFunction) {
  EXPECT_EQ(call(apply, &twice, 4), 8);
  EXPECT_EQ(call(apply, twice, 4), 8);
}

TEST(Call, LetsExceptionsOut) { EXPECT_THROW(call(throwing, 1), std::out_of_range); }

TEST(Call, OfANullPointerIsRefused) {
  int (*nothing)(int) = nullptr;
  EXPECT_THROW(call(nothing, 1), EncodingError);
  int (Counter::*member)(int) const = nullptr;
  EXPECT_THROW(call(member, Counter(), 1), EncodingError);
}

TEST(Call, IsOfOneTypeWhateverIsGiven) {
  const auto& by_value = CallTraits<int (&)(int), int>::type();
  const auto& by_reference = CallTraits<int (*)(int), const int&>::type();
  const auto& by_double = CallTraits<int (*&)(int), double>::type();
  EXPECT_EQ(&by_value, &by_reference);
  EXPECT_EQ(&by_value, &by_double);
  EXPECT_NE(&by_value, &(CallTraits<Adder, int>::type()));
}

TEST(Call, WithBytesLeftOverIsAnError) {
  using Traits = CallTraits<int (&)(int), int>;
  Message task;
  Traits::encode(task.encoder(), twice, 1);
  task.encoder().write('x');
  Decoder in(task.bytes().data(), task.bytes().size());
  Message result;
  EXPECT_THROW(Traits::type().thunk(in, result.encoder()), EncodingError);
}

}  // namespace
}  // namespace muster::test
