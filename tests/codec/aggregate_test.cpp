// Plain aggregates: what is found in them, and how they travel.
#include <pthread.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/codec.hpp>
#include <muster/error.hpp>

#include "codec/message.hpp"

namespace muster::test {
namespace {

using detail::holds_address;
using detail::MemberTypes;
using detail::OpenAggregate;
using detail::travel_kind;
using detail::TravelKind;
using detail::TypeList;

template <class T, class... Members>
constexpr bool has_members = std::is_same_v<MemberTypes<T>, TypeList<Members...>>;

struct Empty {};
struct Plain {
  int a;
  double b;
};
struct WithArray {
  char name[32];
  int id;
  double grid[3][4];
};
struct WithBits {
  unsigned a : 1;
  unsigned b : 3;
  int c;
};
struct NoDefault {
  explicit constexpr NoDefault(int given) : value(given) {}
  int value;
};
struct WithoutDefault {
  int a;
  NoDefault b;
  int c;
};
struct MoveOnly {
  std::unique_ptr<int> pointer;
  std::string name;
};
struct WithConst {
  const int a;
  const std::string b;
};
struct WithInitializer {
  int a = 5;
  NoDefault b = NoDefault(6);
};

// Of members without a default, with what can only be moved, and with arrays.
struct Named {
  explicit Named(std::string given) : text(std::move(given)) {}
  std::string text;
};
struct OwnerAfterNoDefault {
  NoDefault a;
  std::unique_ptr<int> b;
};
struct OptionalAfterNoDefault {
  NoDefault a;
  std::optional<std::unique_ptr<int>> b;
};
struct OwnersAfterNoDefault {
  Named a;
  std::array<std::unique_ptr<int>, 2> b;
};
struct ArrayBeforeNoDefault {
  int a[3];
  NoDefault b;
};
struct ArraysAroundNoDefault {
  int a[2][3];
  std::string b;
  NoDefault c;
  std::unique_ptr<int> d[2];
  std::string e;
};
struct ArrayOfNoDefault {
  NoDefault a[2];
  std::string b;
};
struct OwnersOfItself {
  std::vector<std::unique_ptr<OwnersOfItself>> a;
  std::string b;
};
struct OwnerOfItselfLast {
  int a;
  std::vector<OwnerOfItselfLast> b;
  std::unique_ptr<OwnerOfItselfLast> c;
};

static_assert(has_members<Empty>);
static_assert(has_members<OwnerAfterNoDefault, NoDefault, std::unique_ptr<int>>);
static_assert(has_members<OptionalAfterNoDefault, NoDefault, std::optional<std::unique_ptr<int>>>);
static_assert(has_members<OwnersAfterNoDefault, Named, std::array<std::unique_ptr<int>, 2>>);
static_assert(has_members<ArrayBeforeNoDefault, int[3], NoDefault>);
static_assert(has_members<ArraysAroundNoDefault, int[2][3], std::string, NoDefault,
                          std::unique_ptr<int>[2], std::string>);
static_assert(has_members<ArrayOfNoDefault, NoDefault[2], std::string>);
static_assert(
    has_members<OwnersOfItself, std::vector<std::unique_ptr<OwnersOfItself>>, std::string>);
static_assert(has_members<OwnerOfItselfLast, int, std::vector<OwnerOfItselfLast>,
                          std::unique_ptr<OwnerOfItselfLast>>);
static_assert(has_members<Plain, int, double>);
static_assert(has_members<WithArray, char[32], int, double[3][4]>);
static_assert(has_members<WithBits, unsigned, unsigned, int>);
static_assert(has_members<WithoutDefault, int, NoDefault, int>);
static_assert(has_members<MoveOnly, std::unique_ptr<int>, std::string>);
static_assert(has_members<WithConst, const int, const std::string>);
static_assert(has_members<WithInitializer, int, NoDefault>);

struct Huge {
  std::array<double, 1'000'000> values;
  char more[1'000'000];
};
static_assert(has_members<Huge, std::array<double, 1'000'000>, char[1'000'000]>);

struct Derived : Plain {
  int c;
};
struct WithUnion {
  union {
    int a;
    float b;
  };
  int c;
};
struct UnionBeforeNoDefault {
  union {
    int a;
    float b;
  };
  NoDefault c;
};
struct Private {
  explicit Private(int x) : value(x) {}

 private:
  int value;
};
static_assert(!OpenAggregate<Derived>);
static_assert(!OpenAggregate<WithUnion>);
static_assert(!OpenAggregate<UnionBeforeNoDefault>);
static_assert(!OpenAggregate<Private>);

struct WithPointer {
  int a;
  int* b;
};
struct Deep {
  Plain a;
  WithPointer b[2];
};
struct WithReference {
  int a;
  int& b;
};
struct WithView {
  std::string_view a;
};
struct WithFunction {
  int (*f)(int);
};
static_assert(!holds_address<Plain>() && !holds_address<WithArray>() && !holds_address<Huge>());
static_assert(!holds_address<WithBits>() && !holds_address<WithFunction>());
static_assert(holds_address<WithPointer>() && holds_address<Deep>());
static_assert(holds_address<WithReference>() && holds_address<WithView>());
static_assert(holds_address<std::array<WithPointer, 3>>() && holds_address<int*>());

static_assert(travel_kind<Plain>() == TravelKind::bytes);
static_assert(travel_kind<WithArray>() == TravelKind::bytes);
static_assert(travel_kind<WithBits>() == TravelKind::bytes);
static_assert(travel_kind<WithUnion>() == TravelKind::bytes);
static_assert(travel_kind<Derived>() == TravelKind::bytes);
static_assert(travel_kind<Private>() == TravelKind::bytes);
static_assert(travel_kind<Huge>() == TravelKind::bytes);
static_assert(travel_kind<WithoutDefault>() == TravelKind::bytes);
static_assert(travel_kind<ArrayBeforeNoDefault>() == TravelKind::bytes);
static_assert(travel_kind<UnionBeforeNoDefault>() == TravelKind::bytes);
static_assert(travel_kind<OwnerAfterNoDefault>() == TravelKind::aggregate);
static_assert(travel_kind<OwnersOfItself>() == TravelKind::aggregate);
static_assert(travel_kind<ArraysAroundNoDefault>() == TravelKind::refused);
static_assert(travel_kind<ArrayOfNoDefault>() == TravelKind::refused);
static_assert(travel_kind<WithFunction>() == TravelKind::aggregate);
static_assert(travel_kind<MoveOnly>() == TravelKind::aggregate);
static_assert(travel_kind<WithPointer>() == TravelKind::refused);
static_assert(travel_kind<WithReference>() == TravelKind::refused);
static_assert(travel_kind<WithView>() == TravelKind::refused);

struct Tree {
  int value = 0;
  std::vector<Tree> children;
  friend bool operator==(const Tree&, const Tree&) = default;
};

TEST(Aggregate, TravelsAsBytesWhereItCan) {
  WithArray value{"name", 7, {}};
  value.grid[2][3] = 2.5;
  const WithArray read = round_trip(value);
  EXPECT_STREQ(read.name, "name");
  EXPECT_EQ(read.id, 7);
  EXPECT_EQ(read.grid[2][3], 2.5);
  EXPECT_EQ(Message::of(value).bytes().size(), sizeof(WithArray));
  EXPECT_EQ(round_trip(WithBits{1, 5, -3}).b, 5u);
  EXPECT_EQ(round_trip(WithoutDefault{1, NoDefault(2), 3}).b.value, 2);
}

TEST(Aggregate, TravelsMemberByMemberElse) {
  MoveOnly value{std::make_unique<int>(3), "three"};
  const MoveOnly read = round_trip(value);
  EXPECT_EQ(*read.pointer, 3);
  EXPECT_EQ(read.name, "three");
  EXPECT_EQ(round_trip(WithConst{1, "b"}).b, "b");
}

TEST(Aggregate, WithArraysOfWhatIsNoBytes) {
  struct Row {
    std::string cells[2][2];
    int n;
  };
  const Row read = round_trip(Row{{{"a", "b"}, {"c", "d"}}, 4});
  EXPECT_EQ(read.cells[1][0], "c");
  EXPECT_EQ(read.n, 4);
}

TEST(Aggregate, OfMembersWithoutADefaultAndOfOwners) {
  const OwnerAfterNoDefault read =
      round_trip(OwnerAfterNoDefault{NoDefault(3), std::make_unique<int>(4)});
  EXPECT_EQ(read.a.value, 3);
  EXPECT_EQ(*read.b, 4);
  const ArrayBeforeNoDefault bytes = round_trip(ArrayBeforeNoDefault{{1, 2, 3}, NoDefault(4)});
  EXPECT_EQ(bytes.a[2], 3);
  EXPECT_EQ(bytes.b.value, 4);
}

TEST(Aggregate, ThatHoldsItself) {
  const Tree tree{1, {{2, {}}, {3, {{4, {}}}}}};
  EXPECT_EQ(round_trip(tree), tree);
}

TEST(Aggregate, TooDeepIsAnErrorOnBothSides) {
  struct Node {
    int value = 0;
    std::unique_ptr<Node> next;
  };
  Node list;
  for (int i = 0; i < 1000; ++i) {
    auto next = std::make_unique<Node>(std::move(list));
    list = Node{i, std::move(next)};
  }
  EXPECT_THROW(Message::of(list), EncodingError);

  Message hostile;
  for (int i = 0; i < 100'000; ++i) {
    hostile.encoder().write(i);
    hostile.encoder().write(std::uint8_t{1});
  }
  Decoder in(hostile.bytes().data(), hostile.bytes().size());
  EXPECT_THROW(in.read<Node>(), EncodingError);
}

struct FatTree {
  std::array<char, 65536> data;
  std::vector<FatTree> children;
};

// Of one child each; as bytes, since what encodes it needs no such stack.
void write_fat_tree(Encoder& out, int depth) {
  for (int i = 0; i < depth; ++i) {
    out.write(std::array<char, 65536>{});
    out.write(std::uint64_t{i + 1 < depth ? 1u : 0u});
  }
}

TEST(Aggregate, TooLargeForTheStackIsAnErrorBeforeItIsDeep) {
  Message small;
  write_fat_tree(small.encoder(), 10);
  Decoder fits(small.bytes().data(), small.bytes().size());
  EXPECT_EQ(fits.read<FatTree>().children.size(), 1u);

  Message large;
  write_fat_tree(large.encoder(), 240);
  Decoder in(large.bytes().data(), large.bytes().size());
  try {
    in.read<FatTree>();
    FAIL();
  } catch (const EncodingError& error) {
    EXPECT_NE(std::string(error.what()).find("the stack has no room"), std::string::npos);
  }
}

TEST(Aggregate, TooLargeForTheStackOfAThreadIsAnErrorThere) {
  Message large;
  write_fat_tree(large.encoder(), 40);
  const auto decode = [](void* given) -> void* {
    auto& message = *static_cast<Message*>(given);
    Decoder in(message.bytes().data(), message.bytes().size());
    EXPECT_THROW(in.read<FatTree>(), EncodingError);
    return nullptr;
  };
  pthread_attr_t attributes;
  ASSERT_EQ(::pthread_attr_init(&attributes), 0);
  ASSERT_EQ(::pthread_attr_setstacksize(&attributes, 2 * 1024 * 1024), 0);
  pthread_t thread{};
  ASSERT_EQ(::pthread_create(&thread, &attributes, decode, &large), 0);
  ::pthread_join(thread, nullptr);
  ::pthread_attr_destroy(&attributes);
}

}  // namespace
}  // namespace muster::test
