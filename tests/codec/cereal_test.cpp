// What travels through cereal's functions, and pointers.
#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cereal/types/polymorphic.hpp>
#include <gtest/gtest.h>

#include <muster/codec.hpp>
#include <muster/error.hpp>

#include "codec/message.hpp"

namespace shapes {

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};

class Circle : public Shape {
 public:
  Circle() = default;
  explicit Circle(double radius) : radius_(radius) {}
  double area() const override { return 3 * radius_ * radius_; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(radius_);
  }

 private:
  double radius_ = 0;
};

struct Named {
  virtual ~Named() = default;
  std::string name;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(name);
  }
};

struct Labelled : Named {
  int label = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Named>(this), label);
  }
};

struct Unregistered : Shape {
  double area() const override { return 0; }
  template <class Archive>
  void serialize(Archive&) {}
};

}  // namespace shapes

CEREAL_REGISTER_TYPE(shapes::Circle)
CEREAL_REGISTER_POLYMORPHIC_RELATION(shapes::Shape, shapes::Circle)
CEREAL_REGISTER_TYPE(shapes::Labelled)

namespace muster::test {
namespace {

using namespace shapes;

class MemberSerialize {
 public:
  MemberSerialize() = default;
  explicit MemberSerialize(std::string text) : text_(std::move(text)), parts_{{1, "a"}} {}
  const std::string& text() const { return text_; }
  std::size_t parts() const { return parts_.size(); }

 private:
  friend class cereal::access;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::make_nvp("text", text_)) & parts_;
  }

  std::string text_;
  std::map<int, std::string> parts_;
};

struct SaveLoad {
  int* owned = nullptr;
  explicit SaveLoad(int value = 0) : owned(new int(value)) {}
  SaveLoad(SaveLoad&& other) noexcept : owned(std::exchange(other.owned, nullptr)) {}
  ~SaveLoad() { delete owned; }
};
template <class Archive>
void save(Archive& archive, const SaveLoad& value) {
  archive << *value.owned;
}
template <class Archive>
void load(Archive& archive, SaveLoad& value) {
  archive >> *value.owned;
}

struct Minimal {
  std::string hidden;
  template <class Archive>
  std::string save_minimal(const Archive&) const {
    return "<" + hidden;
  }
  template <class Archive>
  void load_minimal(const Archive&, const std::string& text) {
    hidden = text.substr(1);
  }
  ~Minimal() = default;
  Minimal() = default;
  explicit Minimal(std::string text) : hidden(std::move(text)) {}
  Minimal(Minimal&&) = default;
};

struct Versioned {
  Versioned() = default;
  explicit Versioned(int given) : value(given) {}
  int value = 0;
  std::uint32_t version = 0;
  std::string text;
  template <class Archive>
  void serialize(Archive& archive, const std::uint32_t given) {
    version = given;
    archive(value, text);
  }
};

class Private {
 public:
  static Private make(std::string text) {
    Private made;
    made.text_ = std::move(text);
    return made;
  }
  const std::string& text() const { return text_; }

 private:
  friend class cereal::access;
  Private() = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(text_);
  }
  std::string text_;
};

struct Binary {
  Binary() = default;
  std::vector<int> values;
  int last[2] = {};
  template <class Archive>
  void save(Archive& archive) const {
    archive(cereal::make_size_tag(static_cast<cereal::size_type>(values.size())));
    archive(cereal::binary_data(values.data(), values.size() * sizeof(int)), last);
  }
  template <class Archive>
  void load(Archive& archive) {
    cereal::size_type size = 0;
    archive(cereal::make_size_tag(size));
    values.resize(size);
    archive(cereal::binary_data(values.data(), values.size() * sizeof(int)), last);
  }
};

struct Later {
  std::string now;
  std::vector<std::string> later;
  Later() = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::defer(later), now);
  }
};

struct Around {
  Later first;
  std::string after;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(first, after);
  }
};

struct Made {
  explicit Made(int given) : value(given) {}
  int value;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
  template <class Archive>
  static void load_and_construct(Archive& archive, cereal::construct<Made>& construct) {
    int value = 0;
    archive(value);
    construct(value);
  }
};

// One Origin in it, by two ways.
struct Origin {
  int id = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(id);
  }
};
struct Left : virtual Origin {
  std::string left;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::virtual_base_class<Origin>(this), left);
  }
};
struct Right : virtual Origin {
  std::string right;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::virtual_base_class<Origin>(this), right);
  }
};
struct Diamond : Left, Right {
  Diamond() = default;
  explicit Diamond(int number) {
    id = number;
    left = "left of " + std::to_string(number);
    right = "right of " + std::to_string(number);
  }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Left>(this), cereal::base_class<Right>(this));
  }
  friend bool operator==(const Diamond& a, const Diamond& b) {
    return a.id == b.id && a.left == b.left && a.right == b.right;
  }
};
struct TwoDiamonds : Diamond {
  Diamond first{1};
  Diamond second{2};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(first, cereal::base_class<Diamond>(this), second);
  }
};

}  // namespace
}  // namespace muster::test

CEREAL_CLASS_VERSION(muster::test::Versioned, 3)

namespace muster::test {
namespace {

TEST(Cereal, EveryShapeOfFunction) {
  const MemberSerialize member = round_trip(MemberSerialize("text"));
  EXPECT_EQ(member.text(), "text");
  EXPECT_EQ(member.parts(), 1u);
  EXPECT_EQ(*round_trip(SaveLoad(5)).owned, 5);
  EXPECT_EQ(round_trip(Minimal("m")).hidden, "m");
  EXPECT_EQ(round_trip(Private::make("p")).text(), "p");
}

TEST(Cereal, VersionsAreWrittenOnceAMessage) {
  std::vector<Versioned> values(3);
  values[2].text = "two";
  const auto read = round_trip(values);
  EXPECT_EQ(read[2].text, "two");
  EXPECT_EQ(read[0].version, 3u);
  EXPECT_EQ(read[2].version, 3u);
}

TEST(Cereal, WrappersOfCerealsOwn) {
  Binary binary;
  binary.values = {1, 2, 3};
  binary.last[1] = 9;
  const Binary read = round_trip(binary);
  EXPECT_EQ(read.values, binary.values);
  EXPECT_EQ(read.last[1], 9);
  Later later;
  later.now = "now";
  later.later = {"a", "b"};
  EXPECT_EQ(round_trip(later).later, later.later);
  EXPECT_EQ(round_trip(later).now, "now");
}

TEST(Cereal, WhatAClassWithinAnotherDefersComesAfterBoth) {
  Around outer;
  outer.first.now = "now";
  outer.first.later = {"a", "b"};
  outer.after = "after";
  const auto read = round_trip(outer);
  EXPECT_EQ(read.first.now, "now");
  EXPECT_EQ(read.first.later, outer.first.later);
  EXPECT_EQ(read.after, "after");
}

TEST(Cereal, TypesWithinContainersAndAggregates) {
  struct Holder {
    MemberSerialize inner;
    std::vector<MemberSerialize> more;
  };
  std::vector<MemberSerialize> more;
  more.emplace_back("x");
  more.emplace_back("y");
  const Holder read = round_trip(Holder{MemberSerialize("inner"), std::move(more)});
  EXPECT_EQ(read.inner.text(), "inner");
  EXPECT_EQ(read.more.at(1).text(), "y");
}

TEST(Cereal, EachObjectHasAVirtualBaseOfItsOwn) {
  const Diamond one(1);
  const Diamond two(2);
  const Diamond three(3);
  EXPECT_EQ(round_trip(one), one);
  const std::vector<Diamond> many{one, two, three};
  EXPECT_EQ(round_trip(many), many);
  const std::array<Diamond, 3> some{one, two, three};
  EXPECT_EQ(round_trip(some), some);
  const std::map<int, Diamond> table{{4, one}, {5, two}, {6, three}};
  EXPECT_EQ(round_trip(table), table);
  const std::pair<Diamond, Diamond> pair{one, two};
  EXPECT_EQ(round_trip(pair), pair);
  const auto pointers = round_trip(std::vector<std::shared_ptr<Diamond>>{
      std::make_shared<Diamond>(1), std::make_shared<Diamond>(2)});
  EXPECT_EQ(*pointers[0], one);
  EXPECT_EQ(*pointers[1], two);

  const Message message = Message::of(one, two);  // two parameters
  Decoder in(message.bytes().data(), message.bytes().size());
  EXPECT_EQ(in.read<Diamond>(), one);
  EXPECT_EQ(in.read<Diamond>(), two);

  TwoDiamonds within;
  static_cast<Diamond&>(within) = three;
  const TwoDiamonds read = round_trip(within);
  EXPECT_EQ(read.first, one);
  EXPECT_EQ(read.second, two);
  EXPECT_EQ(static_cast<const Diamond&>(read), three);
}

TEST(Cereal, ClassesMadeByTheirOwnFunction) {
  EXPECT_EQ(round_trip(std::make_unique<Made>(4))->value, 4);
  EXPECT_EQ(round_trip(std::make_shared<Made>(5))->value, 5);
}

TEST(Pointers, PolymorphicOnesKeepTheirClass) {
  const std::unique_ptr<Shape> circle = std::make_unique<Circle>(2);
  EXPECT_EQ(round_trip(circle)->area(), 12);
  const std::shared_ptr<Shape> shared = std::make_shared<Circle>(3);
  EXPECT_EQ(round_trip(shared)->area(), 27);
  auto labelled = std::make_unique<Labelled>();
  labelled->name = "name";
  labelled->label = 8;
  const std::unique_ptr<Named> base = round_trip<std::unique_ptr<Named>>(std::move(labelled));
  EXPECT_EQ(base->name, "name");
  EXPECT_EQ(dynamic_cast<const Labelled&>(*base).label, 8);
  EXPECT_EQ(round_trip(std::unique_ptr<Shape>()), nullptr);
  EXPECT_EQ(round_trip(std::shared_ptr<Shape>()), nullptr);
}

TEST(Pointers, ToAClassThatIsNotRegisteredAreAnError) {
  const std::unique_ptr<Shape> shape = std::make_unique<Unregistered>();
  try {
    Message::of(shape);
    FAIL();
  } catch (const EncodingError& error) {
    EXPECT_NE(std::string(error.what()).find("shapes::Unregistered"), std::string::npos);
  }
}

TEST(Pointers, SharedOnesKeepSharing) {
  const auto one = std::make_shared<std::string>("one");
  const std::vector<std::shared_ptr<std::string>> pointers{one, nullptr, one};
  const auto read = round_trip(pointers);
  EXPECT_EQ(*read[0], "one");
  EXPECT_EQ(read[1], nullptr);
  EXPECT_EQ(read[0], read[2]);

  const Message message = Message::of(one, one);
  Decoder in(message.bytes().data(), message.bytes().size());
  const auto first = in.read<std::shared_ptr<std::string>>();
  EXPECT_EQ(first, in.read<std::shared_ptr<std::string>>());

  const std::shared_ptr<Shape> circle = std::make_shared<Circle>(1);
  const auto circles = round_trip(std::vector<std::shared_ptr<Shape>>{circle, circle});
  EXPECT_EQ(circles[0], circles[1]);
}

TEST(Pointers, ToAnObjectAndItsFirstMemberStayApart) {
  struct Outer {
    int first;
    int second;
  };
  const auto outer = std::make_shared<Outer>(Outer{1, 2});
  const std::shared_ptr<int> first(outer, &outer->first);
  const Message message = Message::of(outer, first);
  Decoder in(message.bytes().data(), message.bytes().size());
  EXPECT_EQ(in.read<std::shared_ptr<Outer>>()->second, 2);
  EXPECT_EQ(*in.read<std::shared_ptr<int>>(), 1);
}

struct Graph {
  int value = 0;
  std::vector<std::shared_ptr<Graph>> children;
  std::weak_ptr<Graph> parent;
};

TEST(Pointers, BackToTheParentMayBeWeak) {
  auto root = std::make_shared<Graph>();
  root->value = 1;
  root->children.push_back(std::make_shared<Graph>());
  root->children[0]->parent = root;
  const auto read = round_trip(root);
  EXPECT_EQ(read->children.at(0)->parent.lock(), read);
}

TEST(Pointers, ToABaseAndToItsClassShareOneObject) {
  const auto circle = std::make_shared<Circle>(1);
  const Message message = Message::of(std::shared_ptr<Shape>(circle), circle);
  Decoder in(message.bytes().data(), message.bytes().size());
  const auto shape = in.read<std::shared_ptr<Shape>>();
  EXPECT_EQ(shape, in.read<std::shared_ptr<Circle>>());
}

// An object that can only be made of its value is not there while that is read.
struct Late {
  const int value;
  std::weak_ptr<Late> self;
};

TEST(Pointers, ToClassesWithoutADefaultConstructorKeepSharing) {
  const std::shared_ptr<Late> late(new Late{3, {}});
  const auto read = round_trip(std::vector<std::shared_ptr<Late>>{late, late});
  EXPECT_EQ(read[0]->value, 3);
  EXPECT_EQ(read[0], read[1]);
}

TEST(Pointers, WeakOnesIntoAnObjectThatIsMadeOfItsValueAreAnError) {
  const std::shared_ptr<Late> late(new Late{3, {}});
  late->self = late;
  try {
    Message::of(late);
    FAIL();
  } catch (const EncodingError& error) {
    EXPECT_NE(std::string(error.what()).find("no default constructor"), std::string::npos);
  }
}

TEST(Pointers, ToAnObjectThatIsMadeOfItsValueAreNotBelieved) {
  // {new object 1: {a value, a pointer to object 1}}
  Message message = Message::of(std::uint32_t{1u << 31 | 1}, 3, std::uint32_t{1});
  Decoder in(message.bytes().data(), message.bytes().size());
  EXPECT_THROW(in.read<std::shared_ptr<Late>>(), EncodingError);
}

// A class may read what goes round after the rest: then it is a cycle on the other side, too.
class Deferring {
 public:
  std::shared_ptr<Deferring> next;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::defer(next));
  }
};

TEST(Pointers, ThatGoRoundMayTravelDeferred) {
  const auto ring = std::make_shared<Deferring>();
  ring->next = ring;
  const auto read = round_trip(ring);
  EXPECT_EQ(read->next, read);
  ring->next = nullptr;
  read->next = nullptr;
}

TEST(Pointers, ThatGoRoundAreAnError) {
  auto root = std::make_shared<Graph>();
  root->children.push_back(root);
  EXPECT_THROW(Message::of(root), EncodingError);
  root->children[0] = std::make_shared<Graph>();
  root->children[0]->children.push_back(root);
  EXPECT_THROW(Message::of(root), EncodingError);
  root->children.clear();
}

TEST(Pointers, OfAnotherTypeThanTheFirstTimeAreAnError) {
  // {new object 1: an int} {object 1 again}, read as a pointer to a string.
  Message message = Message::of(std::make_shared<int>(7));
  message.encoder().write(std::uint32_t{1});
  Decoder in(message.bytes().data(), message.bytes().size());
  EXPECT_EQ(*in.read<std::shared_ptr<int>>(), 7);
  EXPECT_THROW(in.read<std::shared_ptr<std::string>>(), EncodingError);
}

}  // namespace
}  // namespace muster::test
