#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include <muster/detail/named_code.hpp>
#include <muster/detail/task_type.hpp>

namespace muster::detail {

// A task that MUSTER_TASK has registered. All but `here` is constant, and it is never freed.
struct RegisteredTask {
  FunctionCode code = 0;
  TaskIdentity identity;
  std::string version;  // of Muster's headers where it was compiled
  Thunk call = nullptr;
  Thunk chunk = nullptr;
  AnyFunction function = nullptr;
  std::string file;                // of the program or library that has it
  std::uintptr_t module_base = 0;  // where that is loaded
  // Relaxed everywhere: who unloads a library while its tasks are called is late anyway.
  std::atomic<bool> here{true};
};

// All tasks of this process that are here, in the order of their registration. Thread safety: any,
// in a child that was forked at any moment, too.
std::vector<const RegisteredTask*> registered_tasks();

// What is known of a code, registered or called in this process; null: nothing. Valid for ever.
const TaskIdentity* identity_of_task(FunctionCode code);

// The code that runs it in a worker, of a call or a chunk of a map. Throws EncodingError where this
// process has no such task.
Thunk thunk_of_task(FunctionCode code);
// The same of any task's code, named or of a thunk in one of the modules.
Thunk thunk_of(const ModuleTable& modules, FunctionCode code);

// "int (std::string const&)": the signature of an identity, as it stands in source code.
std::string signature_text(const std::string& mangled);

// What to say to one who asked for what is not among `known`: that there is no such task, and which
// there are; or that it has another signature.
std::string no_such_task(const TaskIdentity& asked, const std::vector<TaskIdentity>& known,
                         const std::string& where);

}  // namespace muster::detail
