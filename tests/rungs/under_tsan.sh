#!/usr/bin/env bash
# Runs a program that was built with the thread sanitizer: with its memory where that expects it,
# since newer kernels randomize more, and with an end at the first race.
set -euo pipefail
export TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1"
if setarch -R true 2>/dev/null; then exec setarch -R "$@"; fi
exec "$@"
