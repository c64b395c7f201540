#pragma once

// All of Muster but the cluster backend.

#include <muster/as_completed.hpp>
#include <muster/bitwise.hpp>
#include <muster/codec.hpp>
#include <muster/duration.hpp>
#include <muster/error.hpp>
#include <muster/exception_registry.hpp>
#include <muster/executor.hpp>
#include <muster/future.hpp>
#include <muster/histogram.hpp>
#include <muster/init.hpp>
#include <muster/inspect.hpp>
#include <muster/journal.hpp>
#include <muster/log.hpp>
#include <muster/map.hpp>
#include <muster/named_task.hpp>
#include <muster/options.hpp>
#include <muster/portable_function.hpp>
#include <muster/process_pool.hpp>
#include <muster/promise.hpp>
#include <muster/random.hpp>
#include <muster/shared.hpp>
#include <muster/shared_array.hpp>
#include <muster/stats.hpp>
#include <muster/this_task.hpp>
#include <muster/thread_pool.hpp>
#include <muster/version.hpp>
#include <muster/wait.hpp>
