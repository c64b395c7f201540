#pragma once

// Types of a program's own that travel, one or more for each way of travelling: what the rows of
// data_rows.hpp are made of besides the standard library's. Those that RandomValues cannot fill
// member by member have a function random(); same() compares these by their ==.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

// All of cereal's headers for types, to see that what they declare and what Muster does by itself
// do not get into each other's way. (Not boost_variant.hpp.)
#include <cereal/types/array.hpp>
#include <cereal/types/atomic.hpp>
#include <cereal/types/base_class.hpp>
#include <cereal/types/bitset.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/common.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/concepts/pair_associative_container.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/forward_list.hpp>
#include <cereal/types/functional.hpp>
#include <cereal/types/list.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/polymorphic.hpp>
#include <cereal/types/queue.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/stack.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/valarray.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include <muster/codec.hpp>

#include "codec/polygon.hpp"
#include "codec/random_value.hpp"

inline Polygon random_value(std::type_identity<Polygon>, muster::test::RandomValues& values) {
  std::vector<Point> corners(3 + values.below(5));
  for (Point& corner : corners) values.fill(corner);
  return Polygon(std::move(corners));
}

namespace muster::test {

// ---- as bytes ----

enum class Colour : std::uint8_t { red = 1, green = 2 };
enum Old : int { kOldFirst, kOldSecond };

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

struct Nothing {
  friend bool operator==(const Nothing&, const Nothing&) = default;
};

struct Plain {
  std::uint32_t a = 0;
  std::int32_t b = 0;
  double c = 0;
};

struct Matrix {
  float cells[3][4] = {};
  Plain corner[2];
};

struct Bits {
  unsigned a : 3;
  unsigned b : 29;
  friend bool operator==(const Bits&, const Bits&) = default;
  static Bits random(RandomValues& values) {
    return {values.make<unsigned>() & 7u, values.make<unsigned>() & 0xFFFFu};
  }
};

struct Extended : Plain {
  std::int64_t d = 0;
  friend bool operator==(const Extended& x, const Extended& y) {
    return x.a == y.a && x.b == y.b && x.c == y.c && x.d == y.d;
  }
  static Extended random(RandomValues& values) {
    return {values.make<Plain>(), values.make<std::int64_t>()};
  }
};

class Money {
 public:
  explicit Money(std::int64_t cents) : cents_(cents) {}
  friend bool operator==(const Money&, const Money&) = default;
  static Money random(RandomValues& values) { return Money(values.make<std::int64_t>()); }

 private:
  std::int64_t cents_;
};

// ---- member by member ----

struct Record {
  std::string name;
  std::vector<std::string> lines;
  std::optional<std::vector<int>> numbers;
  std::shared_ptr<std::string> shared;
  bool flag = false;
};

struct Table {
  std::string cells[2][3];
  Plain corner;
  struct Footer {
    std::u16string text;
    char initials[4];
  } footers[2];
};

// No default constructor, and no assignment.
struct Fixed {
  const int number;
  const std::string text;
  Money money;
  friend bool operator==(const Fixed&, const Fixed&) = default;
  static Fixed random(RandomValues& values) {
    return {values.make<int>(), values.make<std::string>(), values.make<Money>()};
  }
};

struct Owner {
  std::unique_ptr<std::string> text;
  std::vector<std::unique_ptr<int>> numbers;
};

struct OwnerOfFixed {
  Money money;
  std::unique_ptr<int> number;
  std::array<std::unique_ptr<std::string>, 2> texts;
  friend bool operator==(const OwnerOfFixed& a, const OwnerOfFixed& b) {
    return a.money == b.money && same_pointee(a.number, b.number) &&
           same_pointee(a.texts[0], b.texts[0]) && same_pointee(a.texts[1], b.texts[1]);
  }
  static OwnerOfFixed random(RandomValues& values) {
    return {values.make<Money>(), values.make<std::unique_ptr<int>>(),
            values.make<std::array<std::unique_ptr<std::string>, 2>>()};
  }

 private:
  template <class T>
  static bool same_pointee(const std::unique_ptr<T>& a, const std::unique_ptr<T>& b) {
    return a == nullptr || b == nullptr ? a == b : *a == *b;
  }
};

// ---- types that hold themselves, as deep as the bytes say ----

struct Node {
  int value = 0;
  std::unique_ptr<Node> next;
  std::vector<Node> children;
};

// The owners first, or last and of one only: compilers tell these apart.
struct NodeOfOwners {
  std::vector<std::unique_ptr<NodeOfOwners>> children;
  std::string name;
};
struct NodeOwningLast {
  int value = 0;
  std::vector<NodeOwningLast> children;
  std::unique_ptr<NodeOwningLast> next;
};

// Takes much of the stack for each level.
struct FatNode {
  std::array<char, 1000> data;
  std::vector<FatNode> children;
};

struct Binary {
  std::string key;
  std::unique_ptr<Binary> left;
  std::unique_ptr<Binary> right;
};

struct Json {
  std::variant<std::monostate, bool, double, std::string, std::vector<Json>,
               std::map<std::string, Json>>
      value;
};

// ---- pointers that share ----

struct SharedStrings {
  std::vector<std::shared_ptr<const std::string>> strings;
  std::weak_ptr<const std::string> weak;

  // Equal, and the same of them are the same object.
  friend bool operator==(const SharedStrings& a, const SharedStrings& b) {
    if (a.strings.size() != b.strings.size()) return false;
    for (std::size_t i = 0; i < a.strings.size(); ++i) {
      const auto& x = a.strings[i];
      const auto& y = b.strings[i];
      if ((x == nullptr) != (y == nullptr) || (x != nullptr && *x != *y)) return false;
      if ((x == a.weak.lock()) != (y == b.weak.lock())) return false;
      for (std::size_t j = 0; j < i; ++j) {
        if ((x == a.strings[j]) != (y == b.strings[j])) return false;
      }
    }
    return true;
  }
  static SharedStrings random(RandomValues& values) {
    SharedStrings made;
    for (std::size_t n = values.below(6); n != 0; --n) {
      if (!made.strings.empty() && values.below(2) == 0) {
        made.strings.push_back(made.strings[values.below(made.strings.size())]);
      } else {
        made.strings.push_back(values.make<std::shared_ptr<const std::string>>());
      }
    }
    if (!made.strings.empty()) made.weak = made.strings.back();
    return made;
  }
};

// A tree whose way back is weak.
struct Family {
  int value = 0;
  std::vector<std::shared_ptr<Family>> children;
  std::weak_ptr<Family> parent;

  static bool same(const std::shared_ptr<Family>& a, const std::shared_ptr<Family>& b) {
    if (a == nullptr || b == nullptr) return a == b;
    if (a->value != b->value || a->children.size() != b->children.size()) return false;
    for (std::size_t i = 0; i < a->children.size(); ++i) {
      const auto& x = a->children[i];
      const auto& y = b->children[i];
      if (x->parent.lock() != a || y->parent.lock() != b || !same(x, y)) return false;
    }
    return true;
  }
  static std::shared_ptr<Family> random(RandomValues& values, int generations = 4) {
    auto made = std::make_shared<Family>();
    made->value = values.make<int>();
    for (std::size_t n = values.below(4); n != 0 && generations != 0; --n) {
      made->children.push_back(random(values, generations - 1));
      made->children.back()->parent = made;
    }
    return made;
  }
};
struct FamilyTree {
  std::shared_ptr<Family> root;
  friend bool operator==(const FamilyTree& a, const FamilyTree& b) {
    return Family::same(a.root, b.root);
  }
  static FamilyTree random(RandomValues& values) { return {Family::random(values)}; }
};

struct DeletesString {
  void operator()(std::string* text) const { delete text; }
};

// ---- pointers to polymorphic classes ----

struct Shape {
  virtual ~Shape() = default;
  virtual bool equals(const Shape& other) const = 0;
  friend bool operator==(const Shape& a, const Shape& b) {
    return typeid(a) == typeid(b) && a.equals(b);
  }
  static std::unique_ptr<Shape> random_pointer(RandomValues& values);
};

class Circle : public Shape {
 public:
  Circle() = default;
  explicit Circle(double radius) : radius_(radius) {}
  bool equals(const Shape& other) const override {
    return radius_ == static_cast<const Circle&>(other).radius_;
  }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(radius_);
  }

 private:
  double radius_ = 0;
};

class Group : public Shape {
 public:
  Group() = default;
  Group(std::string name, std::vector<std::unique_ptr<Shape>> parts)
      : name_(std::move(name)), parts_(std::move(parts)) {}
  bool equals(const Shape& other) const override {
    const auto& group = static_cast<const Group&>(other);
    if (name_ != group.name_ || parts_.size() != group.parts_.size()) return false;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (!(*parts_[i] == *group.parts_[i])) return false;
    }
    return true;
  }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name_, parts_);
  }

 private:
  std::string name_;
  std::vector<std::unique_ptr<Shape>> parts_;
};

inline std::unique_ptr<Shape> Shape::random_pointer(RandomValues& values) {
  if (values.below(3) != 0) return std::make_unique<Circle>(values.make<double>());
  std::vector<std::unique_ptr<Shape>> parts;
  for (std::size_t n = values.below(3); n != 0; --n) parts.push_back(random_pointer(values));
  return std::make_unique<Group>(values.make<std::string>(), std::move(parts));
}

// ---- through cereal's functions ----

class Serialised {
 public:
  template <class Archive>
  void serialize(Archive& archive) {
    archive(number_, text_, list_, table_, pointer_);
  }
  friend bool operator==(const Serialised& a, const Serialised& b) {
    const bool same_pointee = a.pointer_ == nullptr || b.pointer_ == nullptr
                                  ? a.pointer_ == b.pointer_
                                  : *a.pointer_ == *b.pointer_;
    return same_pointee && a.number_ == b.number_ && a.text_ == b.text_ && a.list_ == b.list_ &&
           a.table_ == b.table_;
  }
  static Serialised random(RandomValues& values) {
    Serialised made;
    values.fill(made.number_);
    values.fill(made.text_);
    values.fill(made.list_);
    values.fill(made.table_);
    values.fill(made.pointer_);
    return made;
  }

 private:
  int number_ = 0;
  std::string text_;
  std::vector<std::string> list_;
  std::map<std::string, int> table_;
  std::shared_ptr<int> pointer_;
};

// Functions of two, a version, a base, what comes later, and a constructor that is private.
class SavedAndLoaded {
 public:
  template <class Archive>
  void save(Archive& archive, std::uint32_t) const {
    archive(parts_, std::uint8_t{7});
  }
  template <class Archive>
  void load(Archive& archive, std::uint32_t) {
    std::uint8_t seven = 0;
    archive(parts_, seven);
  }
  friend bool operator==(const SavedAndLoaded&, const SavedAndLoaded&) = default;
  static SavedAndLoaded random(RandomValues& values) {
    SavedAndLoaded made;
    values.fill(made.parts_);
    return made;
  }

 private:
  friend class cereal::access;
  SavedAndLoaded() = default;
  std::vector<Serialised> parts_;
};

class Inheriting : public Plain {
 public:
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Plain>(this), cereal::make_nvp("text", text_),
            cereal::defer(numbers_));
  }
  friend bool operator==(const Inheriting& x, const Inheriting& y) {
    return x.a == y.a && x.b == y.b && x.c == y.c && x.text_ == y.text_ && x.numbers_ == y.numbers_;
  }
  static Inheriting random(RandomValues& values) {
    Inheriting made;
    static_cast<Plain&>(made) = values.make<Plain>();
    values.fill(made.text_);
    values.fill(made.numbers_);
    return made;
  }

 private:
  std::string text_;
  std::vector<int> numbers_;
};

// A base by two ways, which is one object in each.
struct Origin {
  int id = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(id);
  }
};
struct Left : virtual Origin {
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::virtual_base_class<Origin>(this));
  }
};
struct Right : virtual Origin {
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::virtual_base_class<Origin>(this));
  }
};
struct Diamond : Left, Right {
  std::string text;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Left>(this), cereal::base_class<Right>(this), text);
  }
  friend bool operator==(const Diamond& a, const Diamond& b) {
    return a.id == b.id && a.text == b.text;
  }
  static Diamond random(RandomValues& values) {
    Diamond made;
    values.fill(made.id);
    values.fill(made.text);
    return made;
  }
};

class Minimal {
 public:
  template <class Archive>
  std::string save_minimal(const Archive&) const {
    return text_;
  }
  template <class Archive>
  void load_minimal(const Archive&, const std::string& text) {
    text_ = text;
  }
  friend bool operator==(const Minimal&, const Minimal&) = default;
  static Minimal random(RandomValues& values) {
    Minimal made;
    values.fill(made.text_);
    return made;
  }

 private:
  std::string text_;
};

// Made by its own function, and moved by nobody.
class Made {
 public:
  explicit Made(std::string text) : text_(std::move(text)) {}
  Made(Made&&) = delete;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(text_);
  }
  template <class Archive>
  static void load_and_construct(Archive& archive, cereal::construct<Made>& construct) {
    std::string text;
    archive(text);
    construct(std::move(text));
  }
  friend bool operator==(const Made&, const Made&) = default;
  static std::unique_ptr<Made> random_pointer(RandomValues& values) {
    return std::make_unique<Made>(values.make<std::string>());
  }

 private:
  std::string text_;
};

// Loaded into, and moved by nobody.
class Pinned {
 public:
  Pinned() = default;
  Pinned(Pinned&&) = delete;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(numbers_);
  }
  friend bool operator==(const Pinned&, const Pinned&) = default;
  static std::unique_ptr<Pinned> random_pointer(RandomValues& values) {
    auto made = std::make_unique<Pinned>();
    values.fill(made->numbers_);
    return made;
  }

 private:
  std::vector<int> numbers_;
};

// A map of another library: a class that is not the standard library's, and looks like its own.
template <class Key, class Mapped>
class ForeignMap : public std::map<Key, Mapped> {};

// ---- pointers to code ----

using Function = int (*)(int);

struct Code {
  Function function = nullptr;
  std::size_t (std::string::*method)() const = nullptr;
  std::int32_t Plain::*member = nullptr;
  friend bool operator==(const Code&, const Code&) = default;
  static Code random(RandomValues& values) {
    return {values.below(2) == 0 ? nullptr : +[](int x) { return 2 * x; },
            values.below(2) == 0 ? nullptr : &std::string::size,
            values.below(2) == 0 ? nullptr : &Plain::b};
  }
};

}  // namespace muster::test

CEREAL_REGISTER_TYPE(muster::test::Circle)
CEREAL_REGISTER_TYPE(muster::test::Group)
CEREAL_REGISTER_POLYMORPHIC_RELATION(muster::test::Shape, muster::test::Circle)
CEREAL_REGISTER_POLYMORPHIC_RELATION(muster::test::Shape, muster::test::Group)
CEREAL_CLASS_VERSION(muster::test::SavedAndLoaded, 2)
