#pragma once

#include <concepts>
#include <cstddef>

#include "lib/common/deadline.hpp"

namespace muster::detail {

enum class PopResult {
  item,       // there was one
  timed_out,  // none until the deadline
  closed,     // none, and none will come: the queue was closed and is empty
};

// What a pool puts its tasks into and a worker loop takes them from: the two ends of one queue. An
// object that models an end is one thread's own handle on the queue, so that it can hold what that
// thread needs (a token, its index); the queue behind it is shared. A model may be both ends, or,
// where they lie in different processes, one.
//
// try_push(item)          false if there is no room or the queue is closed; never waits
// try_pop(item)           false if none was found; never waits
// pop_until(item, until)  waits for one, as PopResult says
// close()                 nothing is pushed any more; what is inside can still be popped
// approximate_size()      a guess where others push and pop meanwhile
//
// Order: first in, first out for what one producer pushed, and no more than that.
template <class Q>
concept TaskSink = requires(Q& queue, const Q& seen, typename Q::Item& item) {
  typename Q::Item;
  { queue.try_push(item) } -> std::same_as<bool>;
  { queue.close() };
  { seen.approximate_size() } -> std::convertible_to<std::size_t>;
};

template <class Q>
concept TaskQueue = requires(Q& queue, const Q& seen, typename Q::Item& item, Deadline until) {
  typename Q::Item;
  { queue.try_pop(item) } -> std::same_as<bool>;
  { queue.pop_until(item, until) } -> std::same_as<PopResult>;
  { queue.close() };
  { seen.approximate_size() } -> std::convertible_to<std::size_t>;
};

}  // namespace muster::detail
