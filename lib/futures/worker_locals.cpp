#include <algorithm>
#include <string>
#include <string_view>

#include <muster/detail/task_context.hpp>
#include <muster/detail/worker_locals.hpp>
#include <muster/error.hpp>

#include "lib/common/exception_text.hpp"

namespace muster::detail {
namespace {

[[noreturn]] void refuse(const LocalKey& key, const char* why) {
  throw InvalidStateError("this_worker::local() cannot make the worker's object of type " +
                          demangle(key.object->name()) + ": " + why);
}

// Whether this mangled name has a part that only its own source file knows: an unnamed namespace, a
// lambda as Clang names it ("$_0"), a static function or variable ("L4name"). GCC marks such types,
// so that they are never equal; Clang does not. Literals may look like it ("L1E0E" for an enum's),
// which at worst keeps the objects of two modules apart.
bool is_known_in_one_file(std::string_view name) noexcept {
  if (name.find("_GLOBAL__N_") != name.npos || name.find('$') != name.npos) return true;
  for (std::size_t at = name.find('L'); at != name.npos; at = name.find('L', at + 1)) {
    if (at + 1 < name.size() && name[at + 1] >= '0' && name[at + 1] <= '9') return true;
  }
  return false;
}

}  // namespace

bool same_type_of_modules(const std::type_info& a, const std::type_info& b) noexcept {
  return a == b && !is_known_in_one_file(a.name());
}

WorkerLocals& WorkerLocals::of_this_worker() {
  TaskContext* const context = TaskContext::current();
  WorkerLocals* const locals = context != nullptr ? context->locals() : nullptr;
  if (locals == nullptr) {
    throw InvalidStateError(
        "this_worker::local() was called outside a task: only a pool's worker keeps objects for "
        "its tasks, on the thread that runs them");
  }
  return *locals;
}

WorkerLocals::Making::Making(WorkerLocals& locals, const LocalKey& key)
    : locals_(locals), key_(key) {
  if (locals.ended_) {
    refuse(key,
           "the worker is ending. What a destructor uses must be made before its own object, by "
           "the factory of that, say");
  }
  auto& making = locals.being_made_;
  if (std::find(making.begin(), making.end(), key) != making.end())
    refuse(key, "the factory that is to make it asks for it");
  making.push_back(key);
}

WorkerLocals::Making::~Making() { locals_.being_made_.pop_back(); }

void WorkerLocals::Making::keep(std::unique_ptr<Object> object) {
  locals_.made_.push_back({key_, std::move(object)});
}

WorkerLocals::Object* WorkerLocals::find(const LocalKey& key) const noexcept {
  for (const Made& made : made_) {
    if (made.key == key) return made.object.get();
  }
  return nullptr;
}

void WorkerLocals::destroy() noexcept {
  ended_ = true;
  while (!made_.empty()) {
    // Out of the list first: its destructor finds those before it, and not itself.
    const std::unique_ptr<Object> last = std::move(made_.back().object);
    made_.pop_back();
  }
}

}  // namespace muster::detail
