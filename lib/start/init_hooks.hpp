#pragma once

namespace muster::detail {

// What a library beside this one has muster::init() do at its end. Called once, before main, by a
// static object; there is room for a few. False: there is no more.
using InitHook = void (*)();
bool add_init_hook(InitHook hook) noexcept;
void run_init_hooks();

}  // namespace muster::detail
