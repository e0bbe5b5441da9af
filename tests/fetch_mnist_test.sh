#!/usr/bin/env bash
# tools/fetch_mnist on file:// mirrors: what is missing or wrong is refused and leaves nothing behind; where REEL_DATA has
# MNIST, the second mirror's good files arrive. Exits with 77 (skipped) without curl.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v curl >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "fetch_mnist_test: $*" >&2; exit 1; }

mkdir "$work/empty" "$work/wrong"
for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
  echo "not a digit" | gzip >"$work/wrong/$name-ubyte.gz"
done
if MNIST_MIRRORS="file://$work/empty file://$work/wrong" tools/fetch_mnist "$work/none" >"$work/log" 2>&1; then
  fail "wrong files were accepted"
fi
grep -q "no mirror gave a good" "$work/log" || fail "the message names no file: $(cat "$work/log")"
[ -z "$(ls "$work/none")" ] || fail "left behind: $(ls "$work/none")"

for good in "${REEL_DATA:-/nonexistent}" "${REEL_DATA:-/nonexistent}/mnist"; do
  if [ -e "$good/train-images-idx3-ubyte.gz" ]; then
    MNIST_MIRRORS="file://$work/wrong file://$good" tools/fetch_mnist "$work/good" >/dev/null 2>&1
    [ "$(ls "$work/good" | wc -l)" = 4 ] || fail "fetched: $(ls "$work/good")"
  fi
done
