#include <muster/detail/task_context.hpp>
#include <muster/error.hpp>
#include <muster/this_task.hpp>

namespace muster {
namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local detail::TaskContext* current_context =
    nullptr;

detail::TaskContext& context_of_task(const char* asked) {
  if (current_context == nullptr)
    throw InvalidStateError(std::string(asked) +
                            " was asked for outside a task: only what runs "
                            "on a worker has one");
  return *current_context;
}

}  // namespace

detail::TaskContext* detail::TaskContext::current() noexcept { return current_context; }

void detail::TaskContext::set_current(TaskContext* context) noexcept { current_context = context; }

std::size_t this_worker::index() { return context_of_task("this_worker::index()").worker_index(); }

pid_t this_worker::pid() { return context_of_task("this_worker::pid()").worker_pid(); }

bool this_task::stop_requested() {
  return current_context != nullptr && current_context->stop_requested();
}

void this_task::set_progress(std::uint64_t done, std::uint64_t total) {
  if (current_context != nullptr) current_context->set_progress(done, total);
}

}  // namespace muster
