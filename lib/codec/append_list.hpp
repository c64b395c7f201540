#pragma once

#include <atomic>

namespace muster::detail {

// A list that only grows, for things registered once and kept for ever. Readers take no lock, so
// a child forked at any moment can read it.
template <class T>
class AppendList {
 public:
  constexpr AppendList() = default;
  AppendList(const AppendList&) = delete;
  AppendList& operator=(const AppendList&) = delete;

  void append(const T& value) {
    std::atomic<Node*>* place = &first_;
    Node* const node = new Node{value};
    Node* expected = nullptr;
    // Release pairs with the acquire in find(): who sees the node sees its value.
    while (!place->compare_exchange_strong(expected, node, std::memory_order_release,
                                           std::memory_order_acquire)) {
      place = &expected->next;
      expected = nullptr;
    }
  }

  // The first that fits, or null.
  template <class Fits>
  const T* find(Fits&& fits) const {
    const Node* node = first_.load(std::memory_order_acquire);
    while (node != nullptr && !fits(node->value)) {
      node = node->next.load(std::memory_order_acquire);
    }
    return node != nullptr ? &node->value : nullptr;
  }

 private:
  struct Node {
    T value;
    std::atomic<Node*> next{nullptr};
  };

  std::atomic<Node*> first_{nullptr};
};

}  // namespace muster::detail
