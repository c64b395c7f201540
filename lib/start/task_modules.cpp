#include "lib/start/task_modules.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <system_error>

#include <muster/error.hpp>
#include <muster/log.hpp>
#include <muster/version.hpp>

#include "lib/codec/task_registry.hpp"
#include "lib/common/exception_text.hpp"
#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

std::string sentence(const std::string& path, const std::string& what) {
  return "the module " + path + " " + what;
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error(sentence(path, why));
}

// What the dynamic linker would say of it is harder to understand.
void check_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    refuse(path, "cannot be read: " + reason(errno));
  }
  if (!S_ISREG(status.st_mode)) refuse(path, "is no shared library: it is not a file");
}

std::string linkers_words() {
  const char* const said = ::dlerror();
  return said != nullptr ? said : "the dynamic linker does not say why";
}

std::size_t threads() {
  struct stat status {};
  return ::stat("/proc/self/task", &status) == 0 ? status.st_nlink - 2 : 1;
}

// Where what a library runs when it is loaded throws, there is nobody who could catch it: the
// program is terminated. As long as this lives, that is said first.
class SaysWhatIsThrown {
 public:
  SaysWhatIsThrown(const std::string& path, const ModuleListener& listener) {
    path_ = &path;
    listener_ = &listener;
    before_ = std::set_terminate(&say);
  }
  ~SaysWhatIsThrown() { std::set_terminate(before_); }
  SaysWhatIsThrown(const SaysWhatIsThrown&) = delete;
  SaysWhatIsThrown& operator=(const SaysWhatIsThrown&) = delete;

 private:
  [[noreturn]] static void say() {
    if (const std::exception_ptr thrown = std::current_exception()) {
      listener_->threw(sentence(*path_, "threw when it was loaded: " + describe_exception(thrown)));
      ::_exit(1);
    }
    before_();
    std::abort();
  }

  inline static const std::string* path_ = nullptr;
  inline static const ModuleListener* listener_ = nullptr;
  inline static std::terminate_handler before_ = nullptr;
};

void* open_library(const std::string& path, const ModuleListener& listener) {
  const SaysWhatIsThrown says(path, listener);
  // With a slash in it, or it would be searched for.
  const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) refuse(path, "cannot be loaded: " + linkers_words());
  return handle;
}

std::uintptr_t base_of(void* handle, const std::string& path) {
  link_map* map = nullptr;
  if (::dlinfo(handle, RTLD_DI_LINKMAP, static_cast<void*>(&map)) != 0) {
    refuse(path, "cannot be looked at: " + linkers_words());
  }
  return map->l_addr;
}

void open_one(const std::string& path, const ModuleListener& listener) {
  check_file(path);
  const std::size_t tasks_before = registered_tasks().size();
  const std::size_t threads_before = threads();
  const std::uintptr_t base = base_of(open_library(path, listener), path);
  const auto tasks = registered_tasks();
  const bool has_some =
      tasks.size() > tasks_before ||
      std::ranges::any_of(tasks, [base](const auto* task) { return task->module_base == base; });
  if (!has_some) {
    refuse(path,
           "has no tasks: register each with MUSTER_TASK; and let it find Muster in the program "
           "that opens it, or in libmuster.so (the CMake target muster::tasks does), as it is "
           "heard of nowhere with a Muster of its own");
  }
  if (threads() > threads_before) {
    log(LogLevel::warning,
        "the module " + path +
            " starts threads when it is loaded: workers are forked without "
            "them, and a lock that one of them holds then stays locked. Start them in a task");
  }
}

}  // namespace

void open_task_modules(const std::vector<std::string>& paths, const ModuleListener& listener) {
  for (const std::string& path : paths) {
    listener.next(path);
    open_one(path, listener);
  }
}

std::vector<OfferedTask> offered_tasks() {
  std::vector<OfferedTask> offered;
  for (const RegisteredTask* const task : registered_tasks()) {
    if (task->version != MUSTER_VERSION) {
      refuse(task->file, "was built for Muster " + task->version + ", and this is muster-worker " +
                             MUSTER_VERSION + "; build it anew");
    }
    const auto same = std::ranges::find_if(offered, [task](const OfferedTask& other) {
      return other.identity.name == task->identity.name;
    });
    if (same != offered.end()) {
      const std::string where = same->file == task->file
                                    ? "both in " + task->file
                                    : "one in " + same->file + " and one in " + task->file;
      throw Error("there are two tasks \"" + task->identity.name + "\", " + where +
                  "; give one of them another name");
    }
    offered.push_back({task->identity, task->file});
  }
  return offered;
}

}  // namespace muster::detail
