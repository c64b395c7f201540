#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string_view>
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

// The archive that cereal's save functions write to. It is none of cereal's own because what lies
// within a type with cereal functions must travel as it does elsewhere (Codec<T>), and because
// the reader must not believe what it reads (cereal_input.hpp).
namespace muster::detail {

// What one message remembers of its shared pointers, class names and versions.
struct CerealOutputState : CodecContext {
  // By address and type: the first member of an object has its address.
  std::map<std::pair<const void*, std::type_index>, std::uint32_t> shared;
  std::vector<std::uint32_t> open;                // those whose pointee is being written
  std::vector<std::shared_ptr<const void>> kept;  // so that no address is used twice
  std::map<std::string_view, std::uint32_t> names;
  std::set<std::type_index> versions;
  bool weak = false;  // the pointer about to be written is a std::weak_ptr
};

// cereal::access as a base has argument-dependent lookup find cereal's functions.
class CerealOutput : public cereal::detail::OutputArchiveBase, private cereal::access {
 public:
  using is_loading = std::false_type;
  using is_saving = std::true_type;

  explicit CerealOutput(Encoder& out) : out_(out) {}

  template <class... Ts>
  CerealOutput& operator()(Ts&&... values) {
    (process(values), ...);
    return *this;
  }
  template <class T>
  CerealOutput& operator&(T&& value) {
    return (*this)(value);
  }
  template <class T>
  CerealOutput& operator<<(T&& value) {
    return (*this)(value);
  }

  // Writes a T through its cereal functions.
  template <class T>
  void put(const T& value);

  // What cereal's functions for pointers ask of an archive.
  template <class T>
  std::uint32_t registerSharedPointer(const std::shared_ptr<T>& pointer);
  std::uint32_t registerPolymorphicType(const char* name);
  void serializeDeferments();

 private:
  template <class T>
  void process(const T& value);
  template <class T>
  void process(const cereal::NameValuePair<T>& pair) {
    process(pair.value);
  }
  template <class T>
  void process(const cereal::SizeTag<T>& tag) {
    out_.write(static_cast<std::uint64_t>(tag.size));
  }
  template <class T>
  void process(const cereal::BinaryData<T>& data) {
    out_.write(data.data, static_cast<std::size_t>(data.size));
  }
  template <class T>
  void process(const cereal::base_class<T>& base) {
    process_base(*base.base_ptr);
  }
  template <class T>
  void process(const cereal::virtual_base_class<T>& base) {
    const bool first = virtual_bases_.emplace(base.base_ptr, typeid(T)).second;
    if (first) process_base(*base.base_ptr);
  }
  template <class T>
  void process(const cereal::DeferredData<T>& data) {
    deferred_.push_back([this, data] { process(data.value); });
  }
  template <class T>
  void process(const cereal::memory_detail::PtrWrapper<const std::shared_ptr<T>&>& wrapper);
  template <class T>
  void process(const std::weak_ptr<T>& pointer) {
    state().weak = true;
    put(pointer);
    state().weak = false;
  }
  // What is an object by itself, not a base of one.
  template <class T>
  void put_whole(const T& value) {
    auto outer = std::exchange(virtual_bases_, {});
    put(value);
    virtual_bases_ = std::move(outer);
  }
  template <class T>
  void process_base(const T& base);

  template <class T>
  std::uint32_t version();
  // EncodingError for a pointer to what is being written, which only a std::weak_ptr may be, and
  // only where the reader makes the object before it reads what is in it.
  std::uint32_t register_pointer(std::shared_ptr<const void> pointer, const void* address,
                                 const std::type_info& type, bool made_first);
  CerealOutputState& state();

  Encoder& out_;
  std::vector<std::function<void()>> deferred_;
  // Of the object that is being written alone: another one may lie at the same address after it.
  std::set<std::pair<const void*, std::type_index>> virtual_bases_;
};

}  // namespace muster::detail
