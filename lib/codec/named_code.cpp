#include <utility>

#include <muster/detail/named_code.hpp>
#include <muster/detail/task_registration.hpp>
#include <muster/error.hpp>

#include "lib/codec/append_list.hpp"
#include "lib/codec/task_registry.hpp"

namespace muster::detail {

namespace {

struct CalledTask {
  FunctionCode code = 0;
  TaskIdentity identity;
};

// Those that this process has made a NamedTask for.
constinit AppendList<CalledTask> called;

void check_name(std::string_view name) {
  if (is_task_name(name)) return;
  throw InvalidArgumentError("\"" + std::string(name) +
                             "\" cannot be the name of a task: a name is not empty and has no "
                             "spaces, quotes or backslashes");
}

// FNV-1a.
std::uint64_t hash_on(std::uint64_t hash, std::string_view text) {
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01b3;
  }
  return hash;
}

FunctionCode make_code(const TaskIdentity& identity) {
  std::uint64_t hash = hash_on(0xcbf2'9ce4'8422'2325, identity.name);
  hash = hash_on(hash, " ");  // stands in no name
  hash = hash_on(hash, identity.signature);
  constexpr FunctionCode kOffsetMask = (FunctionCode{1} << 48) - 1;
  return kNamedModule << 48 | code_of_call((hash ^ hash >> 40) & kOffsetMask);
}

}  // namespace

FunctionCode named_code(TaskIdentity identity) {
  check_name(identity.name);
  const FunctionCode code = make_code(identity);
  const CalledTask* const known =
      called.find([code](const CalledTask& task) { return task.code == code; });
  if (known == nullptr) {
    called.append({code, std::move(identity)});
  } else if (known->identity.name != identity.name ||
             known->identity.signature != identity.signature) {
    throw InvalidArgumentError("the names of the tasks \"" + known->identity.name + "\" and \"" +
                               identity.name +
                               "\" have the same checksum; give one of them another name");
  }
  return code;
}

const TaskIdentity* identity_of_task(FunctionCode code) {
  const FunctionCode call = code_of_call(code);
  if (const CalledTask* const known =
          called.find([call](const CalledTask& task) { return task.code == call; })) {
    return &known->identity;
  }
  for (const RegisteredTask* const task : registered_tasks()) {
    if (task->code == call) return &task->identity;
  }
  return nullptr;
}

std::string name_of_task(FunctionCode code) {
  if (const TaskIdentity* const known = identity_of_task(code)) return known->name;
  throw InvalidArgumentError(
      "a NamedTask was captured in another process, and this one knows no task of its name; pass "
      "it as an argument, or make it here");
}

AnyFunction function_of_task(FunctionCode code) {
  const RegisteredTask* found = nullptr;
  std::vector<TaskIdentity> known;
  for (const RegisteredTask* const task : registered_tasks()) {
    if (task->code == code && found != nullptr && found->function != task->function) {
      throw InvalidArgumentError("there are two tasks \"" + task->identity.name +
                                 "\" in this process, in " + found->file + " and in " + task->file +
                                 "; give one of them another name");
    }
    if (task->code == code) found = task;
    known.push_back(task->identity);
  }
  if (found != nullptr) return found->function;
  name_of_task(code);
  throw InvalidArgumentError(
      no_such_task(*identity_of_task(code), known,
                   "this process (the program, and the libraries it has loaded)"));
}

}  // namespace muster::detail
