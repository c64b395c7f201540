#pragma once

// An input range that can be read once, as std::ranges::istream_view is: an element is taken from
// the source by begin() and by ++, not by reading it twice.

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

namespace test_support {

// `next` gives the elements one by one, and nullopt at the end. It may never end, and may throw.
template <class T>
class SinglePassSource {
 public:
  explicit SinglePassSource(std::function<std::optional<T>()> next) : next_(std::move(next)) {}

  class Iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Iterator(Iterator&&) = default;
    Iterator& operator=(Iterator&&) = default;
    const T& operator*() const { return *source_->current_; }
    Iterator& operator++() {
      source_->take();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool at_end() const { return !source_->current_.has_value(); }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.at_end(); }

   private:
    friend SinglePassSource;
    explicit Iterator(SinglePassSource* source) : source_(source) {}
    SinglePassSource* source_;
  };

  Iterator begin() {
    take();
    return Iterator(this);
  }
  std::default_sentinel_t end() const { return std::default_sentinel; }

 private:
  void take() { current_ = next_(); }

  std::function<std::optional<T>()> next_;
  std::optional<T> current_;
};

}  // namespace test_support
