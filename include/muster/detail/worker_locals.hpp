#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace muster::detail {

// Whether two type_infos that lie at different addresses are of the same type: of two modules, that
// is. Never of types that only their own source file knows, which may have the same name in
// another.
bool same_type_of_modules(const std::type_info& a, const std::type_info& b) noexcept;

inline bool same_type(const std::type_info& a, const std::type_info& b) noexcept {
  return &a == &b || same_type_of_modules(a, b);
}

// Two calls mean the same object where these are equal: its type, its factory's type and, of a
// factory that is a function, which function.
struct LocalKey {
  const std::type_info* object;
  const std::type_info* factory;
  std::uintptr_t function = 0;

  friend bool operator==(const LocalKey& a, const LocalKey& b) noexcept {
    return a.function == b.function && same_type(*a.object, *b.object) &&
           same_type(*a.factory, *b.factory);
  }
};

// What tasks of one worker have made by this_worker::local(). Not thread-safe: it is one thread's.
class WorkerLocals {
 public:
  class Object {
   public:
    virtual ~Object() = default;
  };

  // That one is being made, from here to keep() or to the end of the scope.
  class Making {
   public:
    // Throws InvalidStateError where it is being made already, or the worker is ending.
    Making(WorkerLocals& locals, const LocalKey& key);
    ~Making();
    Making(const Making&) = delete;
    Making& operator=(const Making&) = delete;

    void keep(std::unique_ptr<Object> object);

   private:
    WorkerLocals& locals_;
    const LocalKey key_;
  };

  // Of the worker that the calling thread is. Throws InvalidStateError where it is none.
  static WorkerLocals& of_this_worker();

  WorkerLocals() = default;
  WorkerLocals(const WorkerLocals&) = delete;
  WorkerLocals& operator=(const WorkerLocals&) = delete;
  ~WorkerLocals() { destroy(); }

  // Null where it was not made yet, or is destroyed.
  Object* find(const LocalKey& key) const noexcept;
  bool empty() const noexcept { return made_.empty(); }
  // All of them, the last made first. Then none can be made any more.
  void destroy() noexcept;

 private:
  struct Made {
    LocalKey key;
    std::unique_ptr<Object> object;
  };

  std::vector<Made> made_;  // in the order in which their factories returned
  std::vector<LocalKey> being_made_;
  bool ended_ = false;
};

template <class T>
struct LocalObject final : WorkerLocals::Object {
  template <class F>
  explicit LocalObject(F& factory) : value(std::invoke(factory)) {}

  T value;
};

template <class T>
struct DefaultFactory {
  T operator()() const { return T{}; }
};

template <class F, class T>
concept LocalFactory = std::invocable<F&> && (std::same_as<std::invoke_result_t<F&>, T> ||
                                              std::constructible_from<T, std::invoke_result_t<F&>>);

template <class T, class F>
LocalKey local_key([[maybe_unused]] const F& factory) {
  LocalKey key{&typeid(T), &typeid(F)};
  if constexpr (std::is_pointer_v<F> && std::is_function_v<std::remove_pointer_t<F>>)
    key.function = reinterpret_cast<std::uintptr_t>(factory);
  return key;
}

// Not inlined into what calls it: the way of the first call alone.
template <class T, class F>
[[gnu::noinline]] T& make_local(WorkerLocals& locals, const LocalKey& key, F& factory) {
  WorkerLocals::Making making(locals, key);
  auto object = std::make_unique<LocalObject<T>>(factory);
  T& value = object->value;
  making.keep(std::move(object));
  return value;
}

}  // namespace muster::detail
