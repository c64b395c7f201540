// Values that cannot travel, and bytes that are none: an error that says so on that future alone.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <cereal/types/polymorphic.hpp>
#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/watchdog.hpp"

namespace {

// What its Codec writes, and what it reads.
enum class Lie {
  none,
  more_than_memory,  // writes as many bytes as can be counted
  too_many,          // a vector of so many that their bytes cannot be counted
  no_alternative,    // a variant that holds its fourth alternative of two
  reads_less,
  reads_more,
  throws,
};

struct Liar {
  explicit Liar(Lie given = Lie::none) : lie(given) {}
  Lie lie;
};

struct Links {
  std::vector<std::shared_ptr<Links>> links;
};

struct Base {
  virtual ~Base() = default;
  virtual int links() const = 0;
};
struct Ring : Base {
  std::shared_ptr<Base> next;
  int links() const override { return 1; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(next);
  }
};
struct Unknown : Base {
  int links() const override { return 0; }
};

struct Chain {
  std::unique_ptr<Chain> next;
};

}  // namespace

template <>
struct muster::Codec<Liar> {
  static void encode(Encoder& out, const Liar& liar) {
    out.write(liar.lie);
    switch (liar.lie) {
      case Lie::none:
      case Lie::throws: return;
      case Lie::more_than_memory:
        out.expect(std::numeric_limits<std::size_t>::max() - 7);
        out.extend(std::numeric_limits<std::size_t>::max() - 7);
        return;
      case Lie::too_many:
        out.write((std::uint64_t{1} << 61) + 1);  // times eight: eight
        out.write(1.0);
        return;
      case Lie::no_alternative:
        out.write(std::uint32_t{3});
        out.write(7);
        return;
      case Lie::reads_less: out.write(std::string("seven letters more than are read")); return;
      case Lie::reads_more: out.write(std::int8_t{1}); return;
    }
  }
  static Liar decode(Decoder& in) {
    const auto lie = in.read<Lie>();
    switch (lie) {
      case Lie::none:
      case Lie::reads_less:
      case Lie::more_than_memory: break;
      case Lie::throws: throw std::domain_error("this Liar is no Liar");
      case Lie::too_many: in.read<std::vector<double>>(); break;
      case Lie::no_alternative: in.read<std::variant<int, std::string>>(); break;
      case Lie::reads_more: in.read<std::uint64_t>(); break;
    }
    return Liar(lie);
  }
};

CEREAL_REGISTER_TYPE(Ring)
CEREAL_REGISTER_POLYMORPHIC_RELATION(Base, Ring)

namespace {

using muster::EncodingError;
using muster::ProcessPoolExecutor;
using test_support::failure_of;

Lie take(const Liar& liar) { return liar.lie; }
Liar give(Lie lie) { return Liar(lie); }
int one() { return 1; }

class BadData : public testing::Test {
 protected:
  // What the task failed with, in words. The pool goes on with the same worker.
  template <class E = EncodingError, class... Args>
  std::string failure(Args&&... args) {
    const std::string what = failure_of<E>(pool_.submit(std::forward<Args>(args)...)).what();
    EXPECT_EQ(pool_.submit(one).result(), 1);
    EXPECT_EQ(pool_.worker_pids().at(0), worker_);
    return what;
  }

  ProcessPoolExecutor pool_{{.max_workers = 1}};
  pid_t worker_ = pool_.worker_pids().at(0);
};

void expect_says(const std::string& what, const std::string& words) {
  EXPECT_NE(what.find(words), std::string::npos) << what;
}

TEST_F(BadData, ThatIsLargerThanAnyMemoryIsAnError) {
  expect_says(failure(take, Liar(Lie::more_than_memory)), "is larger than any memory");
  expect_says(failure(give, Lie::more_than_memory), "is larger than any memory");
}

TEST_F(BadData, AnArrayWhoseSizeInBytesOverflowsIsAnError) {
  const std::string words = "2305843009213693953 elements cannot be in the 8 bytes that remain";
  expect_says(failure(take, Liar(Lie::too_many)), words);
  expect_says(failure(give, Lie::too_many), words);
}

TEST_F(BadData, ADecoderThatThrowsFailsWithWhatItThrew) {
  EXPECT_EQ(failure<std::domain_error>(take, Liar(Lie::throws)), "this Liar is no Liar");
  EXPECT_EQ(failure<std::domain_error>(give, Lie::throws), "this Liar is no Liar");
}

TEST_F(BadData, AVariantWhoseIndexIsOutOfRangeIsAnError) {
  const std::string words = "a std::variant of 2 alternatives claims to hold number 3";
  expect_says(failure(take, Liar(Lie::no_alternative)), words);
  expect_says(failure(give, Lie::no_alternative), words);
}

TEST_F(BadData, AVariantThatHoldsNothingIsAnError) {
  struct Bomb {
    // NOLINTNEXTLINE(google-explicit-constructor)
    operator std::set<int>() const { throw std::runtime_error("no set"); }
  };
  const auto make = [] {
    std::variant<int, std::set<int>> variant(7);
    try {
      variant.emplace<std::set<int>>(Bomb());
    } catch (const std::runtime_error&) {
      // It holds nothing now.
    }
    return variant;
  };
  expect_says(failure(make), "a std::variant cannot travel that holds nothing after an exception");
  const auto index = [](const std::variant<int, std::set<int>>& variant) {
    return variant.index();
  };
  expect_says(failure(index, make()), "holds nothing after an exception");
}

TEST_F(BadData, AnEncoderAndADecoderThatDisagreeAreAnError) {
  const std::string left = "bytes were left over after the last value was read";
  expect_says(failure(take, Liar(Lie::reads_less)), left);
  expect_says(failure(give, Lie::reads_less), left);
  const std::string past = "8 bytes were to be read where only 1 remain";
  expect_says(failure(take, Liar(Lie::reads_more)), past);
  expect_says(failure(give, Lie::reads_more), past);
}

TEST_F(BadData, SharedPointersThatGoRoundAreAnError) {
  const auto count = [](const std::shared_ptr<Links>& links) { return links->links.size(); };
  const auto knot = std::make_shared<Links>();
  knot->links.push_back(std::make_shared<Links>());
  knot->links[0]->links.push_back(knot);
  expect_says(failure(count, knot), "a cycle of std::shared_ptr cannot travel");
  knot->links.clear();
  EXPECT_EQ(pool_.submit(count, knot).result(), 0u);
  const auto tie = [] {
    auto tied = std::make_shared<Links>();
    tied->links.push_back(tied);
    return tied;
  };
  expect_says(failure(tie), "a cycle of std::shared_ptr cannot travel");
}

TEST_F(BadData, PolymorphicPointersThatGoRoundAreAnError) {
  const auto ring = std::make_shared<Ring>();
  ring->next = ring;
  const auto exists = [](const std::shared_ptr<Base>& base) { return base != nullptr; };
  expect_says(failure(exists, std::shared_ptr<Base>(ring)),
              "a cycle of std::shared_ptr cannot travel");
  ring->next = nullptr;
}

TEST_F(BadData, AClassThatIsNotRegisteredIsAnErrorThatNamesIt) {
  const auto exists = [](const std::unique_ptr<Base>& base) { return base != nullptr; };
  expect_says(failure(exists, std::unique_ptr<Base>(std::make_unique<Unknown>())), "Unknown");
}

TEST_F(BadData, ThatLiesTooDeepIsAnError) {
  const auto make = [](int length) {
    Chain chain;
    for (; length != 0; --length) {
      auto next = std::make_unique<Chain>(std::move(chain));
      chain = Chain{std::move(next)};
    }
    return chain;
  };
  const auto exists = [](const Chain& chain) { return chain.next != nullptr; };
  EXPECT_TRUE(pool_.submit(exists, make(200)).result());
  expect_says(failure(exists, make(1000)), "values lie in one another more than 500 deep");
  expect_says(failure(make, 1000), "values lie in one another more than 500 deep");
}

TEST_F(BadData, AnErrorOfACategoryThatNobodyKnowsIsAnErrorThatNamesIt) {
  class Category : public std::error_category {
    const char* name() const noexcept override { return "nobody's"; }
    std::string message(int) const override { return "unknown"; }
  };
  static const Category category;
  const auto value = [](std::error_code code) { return code.value(); };
  expect_says(failure(value, std::error_code(3, category)), "of the category \"nobody's\"");
}

// Which items of a chunk have a result, in letters.
template <class Results>
std::string good_ones(Results results) {
  std::string good;
  for (const auto& outcome : results.outcomes()) good += outcome.has_value() ? 'g' : '-';
  return good;
}

TEST_F(BadData, FailsItsItemOfAChunkAlone) {
  const std::vector<Lie> lies{
      Lie::none,       Lie::too_many, Lie::none,       Lie::more_than_memory,
      Lie::reads_more, Lie::none,     Lie::reads_less, Lie::no_alternative,
      Lie::none};
  const std::vector<Liar> liars(lies.begin(), lies.end());
  EXPECT_EQ(good_ones(pool_.map({.chunksize = 9}, take, liars)), "g-g--g--g");
  EXPECT_EQ(good_ones(pool_.map({.chunksize = 9}, give, lies)), "g-g--g--g");
}

}  // namespace
