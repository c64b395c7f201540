#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <muster/detail/backend.hpp>
#include <muster/detail/chunk_codec.hpp>
#include <muster/detail/map_options.hpp>
#include <muster/detail/task_call.hpp>
#include <muster/future.hpp>

// Chunks of map on the processes of a pool.
namespace muster::detail {

template <class F, class Item>
struct TravelItemCall;
template <class F, class... Args>
struct TravelItemCall<F, std::tuple<Args...>> {
  using Traits = CallTraits<F, Args...>;

  static void encode(Encoder& out, std::tuple<Args...>& item) {
    std::apply([&](Args&... args) { Traits::encode_arguments(out, std::move(args)...); }, item);
  }
  static std::size_t size_hint(const std::tuple<Args...>& item) {
    return std::apply([](const Args&... args) { return Traits::arguments_size_hint(args...); },
                      item);
  }

  // Whether items side by side are their own encoding.
  static constexpr bool kAsBytes = [] {
    if constexpr (sizeof...(Args) == 1 && requires { typename Traits::Passings; }) {
      return []<class... Ps>(TypeList<Ps...>) {
        return (argument_is_its_bytes<Ps, Args>() && ...);
      }(typename Traits::Passings{});
    } else {
      return false;
    }
  }();
};

template <class F, class Item>
class TravelTarget {
  using Call = TravelItemCall<F, Item>;
  using Traits = typename Call::Traits;
  using Code = ChunkCode<Traits>;

 public:
  using Result = typename Traits::Result;
  static constexpr bool kTakesBytes = Call::kAsBytes;

  template <class G>
  TravelTarget(std::shared_ptr<TravelBackend> backend, const TaskOptions& options, G&& callable)
      : backend_(std::move(backend)), options_(options), callable_(std::forward<G>(callable)) {}

  std::size_t submit(std::vector<Item>& all_items, std::size_t from,
                     Future<ChunkResult<Result>>& future) {
    return submit_items(std::span(all_items).subspan(from), future);
  }
  template <class T>
  std::size_t submit(std::span<T> items, Future<ChunkResult<Result>>& future) {
    return submit_items(items, future);
  }
  std::optional<double> seconds_per_item() const {
    return backend_->seconds_per_item(Code::type());
  }
  std::size_t workers() const { return backend_->workers(); }

 private:
  template <class Items>
  std::size_t submit_items(Items items, Future<ChunkResult<Result>>& future) {
    FutureState<ChunkResult<Result>>* state = new_state<ChunkState<Result>>(items.size());
    future = FutureAccess::adopt(state);
    TaskSpec spec;
    Encoding<Items> encoding{callable_, items, spec};
    spec.type = &Code::type();
    spec.options = options_.get();
    spec.size_hint = size_hint(items);
    spec.encode = &Encoding<Items>::run;
    spec.context = &encoding;
    spec.chunk.items = static_cast<std::uint32_t>(items.size());
    try {
      backend_->submit(*state, spec);
      return spec.chunk.items;
    } catch (...) {
      if (!encoding.failed) throw;
      state->complete_exception(std::current_exception());
      return encoding.callable_failed ? items.size() : 1;
    }
  }
  // Encodes as many of the items as can be; one that cannot begins the next chunk, and fails alone
  // there.
  template <class Items>
  struct Encoding {
    static constexpr bool kInPlace = !std::is_same_v<Items, std::span<Item>>;

    const F& callable;
    Items items;
    TaskSpec& spec;
    bool failed = false;
    bool callable_failed = false;

    static void run(Encoder& out, void* context) { static_cast<Encoding*>(context)->encode(out); }

    void encode(Encoder& out) {
      callable_failed = failed = true;
      Traits::encode_callable(out, callable);
      callable_failed = false;
      const std::size_t count_at = out.size();
      auto count = static_cast<std::uint32_t>(items.size());
      out.write(&count, sizeof(count));
      if constexpr (kInPlace) {
        while (!write_first(out, count)) count /= 2;
      } else {
        count = 0;
        for (Item& item : items) {
          if (!encode_item(out, item, count)) break;
          ++count;
        }
      }
      overwrite(out, count_at, count);
      failed = false;
      spec.chunk.items = count;
    }
    // False: there is no room for so many, but perhaps for fewer.
    bool write_first(Encoder& out, std::uint32_t count) {
      try {
        out.write(items.data(), count * sizeof(items[0]));
        return true;
      } catch (const EncodingError&) {
        if (count <= 1) throw;
        return false;
      }
    }
    bool encode_item(Encoder& out, Item& item, std::uint32_t count) {
      const std::size_t before = out.size();
      try {
        out.context().reset();
        if constexpr (Code::kSameSize) {
          Call::encode(out, item);
        } else {
          std::uint64_t size = 0;
          out.write(&size, sizeof(size));
          const std::size_t begin = out.size();
          Call::encode(out, item);
          size = out.size() - begin;
          overwrite(out, before, size);
        }
        return true;
      } catch (...) {
        if (count == 0) throw;
        out.truncate(before);
        return false;
      }
    }
    template <class U>
    static void overwrite(Encoder& out, std::size_t at, const U& value) {
      std::memcpy(const_cast<std::byte*>(out.data()) + at, &value, sizeof(U));
    }
  };

  template <class Items>
  static std::size_t size_hint(const Items& items) {
    const std::size_t before = callable_size<F>() + sizeof(std::uint32_t);
    if constexpr (Encoding<Items>::kInPlace) {
      return before + items.size_bytes();
    } else {
      const std::size_t prefix = Code::kSameSize ? 0 : sizeof(std::uint64_t);
      return before + items.size() * (prefix + Call::size_hint(items.front()));
    }
  }

  std::shared_ptr<TravelBackend> backend_;  // what is read lazily may outlive the executor
  ItemOptions options_;
  F callable_;
};

}  // namespace muster::detail
