#pragma once

namespace muster::detail {

// Before a process of Muster's own is forked: what the program has written and not flushed goes
// out now, so that no child writes it a second time.
void flush_before_fork();

// In a worker: what tasks have printed goes out now.
void flush_output();

// The same after each task, at next to no cost where it printed nothing: so what one task printed
// comes out whole.
void flush_task_output();

// In a worker, once: if a task calls exit(), what it printed is flushed and the process ends with
// its status at once; the client's exit handlers and static destructors, inherited by the fork,
// do not run.
void guard_exit();

}  // namespace muster::detail
