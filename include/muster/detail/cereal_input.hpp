#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

#include <cereal/access.hpp>
#include <cereal/cereal.hpp>
#include <cereal/types/base_class.hpp>
#include <cereal/types/memory.hpp>

#include <muster/detail/codec_kind.hpp>

// The archive that cereal's load functions read from. What it reads may be anything: a length is
// held against the bytes that remain, a shared pointer against the type it was first read as.
namespace muster::detail {

struct CerealInputState : CodecContext {
  struct Shared {
    std::shared_ptr<void> pointer;
    std::type_index type;
  };
  std::map<std::uint32_t, Shared> shared;
  std::vector<std::uint32_t> open;  // those whose pointee is being read
  std::map<std::uint32_t, std::string> names;
  std::map<std::type_index, std::uint32_t> versions;
  std::type_index expected = typeid(void);  // what the shared pointer about to be read points to
  bool weak = false;                        // and whether it is a std::weak_ptr
};

// cereal::access as a base has argument-dependent lookup find cereal's functions.
class CerealInput : public cereal::detail::InputArchiveBase, private cereal::access {
 public:
  using is_loading = std::true_type;
  using is_saving = std::false_type;

  explicit CerealInput(Decoder& in) : in_(in) {}

  template <class... Ts>
  CerealInput& operator()(Ts&&... values) {
    (process(values), ...);
    return *this;
  }
  template <class T>
  CerealInput& operator&(T&& value) {
    return (*this)(value);
  }
  template <class T>
  CerealInput& operator>>(T&& value) {
    return (*this)(value);
  }

  // Reads a T through its cereal functions, into one that was made for it.
  template <class T>
  void get(T& value);

  // What cereal's functions for pointers ask of an archive.
  std::shared_ptr<void> getSharedPointer(std::uint32_t id);
  template <class T>
  void registerSharedPointer(std::uint32_t id, const std::shared_ptr<T>& pointer);
  std::string getPolymorphicName(std::uint32_t id);
  void registerPolymorphicName(std::uint32_t id, const std::string& name);
  void serializeDeferments();

 private:
  template <class T>
  void process(T& value);
  template <class T>
  void process(cereal::NameValuePair<T>& pair) {
    process(pair.value);
  }
  template <class T>
  void process(cereal::SizeTag<T>& tag) {
    tag.size = static_cast<std::remove_cvref_t<decltype(tag.size)>>(in_.read_count(1));
  }
  template <class T>
  void process(cereal::BinaryData<T>& data) {
    in_.read(data.data, static_cast<std::size_t>(data.size));
  }
  template <class T>
  void process(cereal::base_class<T>& base) {
    process_base(*base.base_ptr);
  }
  template <class T>
  void process(cereal::virtual_base_class<T>& base) {
    const bool first = virtual_bases_.emplace(base.base_ptr, typeid(T)).second;
    if (first) process_base(*base.base_ptr);
  }
  template <class T>
  void process(cereal::DeferredData<T>& data) {
    deferred_.push_back([this, data]() mutable { process(data.value); });
  }
  template <class T>
  void process(cereal::memory_detail::PtrWrapper<std::shared_ptr<T>&>& wrapper);
  template <class T>
  void process(std::weak_ptr<T>& pointer) {
    state().weak = true;
    get(pointer);
    state().weak = false;
  }
  template <class T>
  void make_shared_of_value(std::shared_ptr<T>& pointer);
  // What is an object by itself, not a base of one.
  template <class T>
  void get_whole(T& value) {
    auto outer = std::exchange(virtual_bases_, {});
    get(value);
    virtual_bases_ = std::move(outer);
  }
  template <class T>
  void process_base(T& base);

  template <class T>
  std::uint32_t version();
  void register_pointer(std::uint32_t id, std::shared_ptr<void> pointer,
                        const std::type_info& type);
  CerealInputState& state();

  Decoder& in_;
  std::vector<std::function<void()>> deferred_;
  // Of the object that is being read alone: another one may lie at the same address after it.
  std::set<std::pair<const void*, std::type_index>> virtual_bases_;
};

}  // namespace muster::detail
