#!/usr/bin/env bash
# destructors.sh OBJECTS [LIBRARY]: no source of the library has a static or thread-local object with a destructor, which
# would run while other threads and destructors still compute, but those listed below. And the library's thread-local
# memory is small: a process has 1.6 KB for all the libraries like this one that it loads with dlopen.
set -euo pipefail
objects=${1:?usage: destructors.sh OBJECTS [LIBRARY]}
allowed=(
  autograd/call_stack.cpp      # includes <iostream>, whose streams are flushed
  tensor/core/live_count.cpp   # hands a thread's counts over when it ends; later ones are counted without it
  tensor/core/small_blocks.cpp # frees a thread's blocks when it ends; later ones are not kept
)
found=$(nm -A -u "@$objects" | grep -E ' (__cxa_atexit|__cxa_thread_atexit(_impl)?)$' || true)
[[ $found == *small_blocks.cpp* ]] || { echo "nm shows no destructor where there is one"; exit 1; }
for source in "${allowed[@]}"; do found=$(grep -vF "/$source.o:" <<<"$found" || true); done
[ -z "$found" ] || { printf 'destructors that others may still need:\n%s\n' "$found"; exit 1; }

if [ -n "${2:-}" ]; then
  bytes=$(($(readelf -lW "$2" | awk '$1 == "TLS" { print $6 }')))
  [ "$bytes" -gt 0 ] && [ "$bytes" -le 1024 ] || { echo "$2 has $bytes bytes of thread-local memory"; exit 1; }
fi
