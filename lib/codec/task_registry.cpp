#include "lib/codec/task_registry.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include <muster/detail/task_registration.hpp>
#include <muster/error.hpp>

#include "lib/codec/append_list.hpp"
#include "lib/common/exception_text.hpp"

namespace muster::detail {

namespace {

constinit AppendList<RegisteredTask*> registered;

void replace_all(std::string& text, std::string_view name, std::string_view to) {
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
    text.replace(at, name.size(), to);
    at += to.size();
  }
}

// The containers' last arguments.
void drop_allocators(std::string& text) {
  constexpr std::string_view kAllocator = ", std::allocator<";
  for (auto at = text.find(kAllocator); at != std::string::npos; at = text.find(kAllocator)) {
    std::size_t end = at + kAllocator.size();
    for (int open = 1; open != 0 && end < text.size(); ++end) {
      if (text[end] == '<') ++open;
      if (text[end] == '>') --open;
    }
    text.erase(at, end - at);
  }
}

}  // namespace

TaskRegistration::TaskRegistration(const char* version, TaskIdentity identity, Thunk call,
                                   Thunk chunk, AnyFunction function)
    : task_(new RegisteredTask) {
  // What this object is called by is in a module that is about to be loaded, or in the program.
  task_->code = named_code(identity);
  task_->identity = std::move(identity);
  task_->version = version;
  task_->call = call;
  task_->chunk = chunk;
  task_->function = function;
  Dl_info info{};
  if (::dladdr(this, &info) != 0) {
    task_->file = info.dli_fname;
    task_->module_base = reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  }
  registered.append(task_);
}

TaskRegistration::~TaskRegistration() { task_->here.store(false, std::memory_order_relaxed); }

std::vector<const RegisteredTask*> registered_tasks() {
  std::vector<const RegisteredTask*> all;
  // It looks for one that never fits.
  registered.find([&](const RegisteredTask* task) {
    if (task->here.load(std::memory_order_relaxed)) all.push_back(task);
    return false;
  });
  return all;
}

Thunk thunk_of_task(FunctionCode code) {
  const FunctionCode call = code_of_call(code);
  RegisteredTask* const* const found = registered.find([call](const RegisteredTask* task) {
    return task->code == call && task->here.load(std::memory_order_relaxed);
  });
  if (found == nullptr) {
    throw EncodingError(
        "a task is called by a name that this worker does not know: the bytes are damaged, or the "
        "library that has it was unloaded by a task");
  }
  return code == call ? (*found)->call : (*found)->chunk;
}

Thunk thunk_of(const ModuleTable& modules, FunctionCode code) {
  if (is_named(code)) return thunk_of_task(code);
  return reinterpret_cast<Thunk>(reinterpret_cast<std::uintptr_t>(modules.decode(code)));
}

std::string signature_text(const std::string& mangled) {
  std::string text = demangle(mangled.c_str());
  replace_all(text,
              "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >",
              "std::string");
  replace_all(text, "std::basic_string_view<char, std::char_traits<char> >", "std::string_view");
  drop_allocators(text);
  replace_all(text, ", 18446744073709551615ul>", ">");  // a span's dynamic extent
  replace_all(text, " >", ">");
  return text;
}

std::string no_such_task(const TaskIdentity& asked, const std::vector<TaskIdentity>& known,
                         const std::string& where) {
  const auto same = std::ranges::find(known, asked.name, &TaskIdentity::name);
  if (same != known.end() && same->signature != asked.signature) {
    return "the task \"" + asked.name + "\" is called as " + signature_text(asked.signature) +
           ", but in " + where + " it is " + signature_text(same->signature) +
           "; spell its signature in NamedTask as the function has it";
  }
  if (same != known.end()) {
    return "the task \"" + asked.name + "\", " + signature_text(asked.signature) +
           ", has parameters or a result of the same names in " + where +
           ", but of other members (here " + asked.layout + ", there " + same->layout +
           "); build both with the same headers";
  }
  std::string names;
  for (const TaskIdentity& task : known) {
    names += (names.empty() ? "" : ", ") + ("\"" + task.name + "\"");
  }
  return "there is no task \"" + asked.name + "\" in " + where +
         (names.empty() ? ", nor any other" : "; there are " + names);
}

}  // namespace muster::detail
