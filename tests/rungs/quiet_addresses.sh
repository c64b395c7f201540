#!/usr/bin/env bash
# Runs a program with its memory where the thread sanitizer expects it; newer kernels randomize more.
set -euo pipefail
if setarch -R true 2>/dev/null; then exec setarch -R "$@"; fi
exec "$@"
