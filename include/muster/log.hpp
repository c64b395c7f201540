#pragma once

#include <functional>
#include <string_view>

namespace muster {

enum class LogLevel { info, warning, error };

// Called where Muster has something to say and nobody to throw it to: a callback that threw, a
// fork in a process with threads. One sentence a call, without a newline.
using LogHandler = std::function<void(LogLevel, std::string_view)>;

// Replaces the handler; an empty one restores the default, which writes "muster: warning: ..."
// to standard error. Thread safety: may be called at any time; the old handler has returned from
// every call when this returns. A handler must not call set_log_handler.
void set_log_handler(LogHandler handler);

namespace detail {
// What the handler throws is dropped: there is nowhere left to report it.
void log(LogLevel level, std::string_view message) noexcept;
}  // namespace detail

}  // namespace muster
