#!/usr/bin/env bash
# examples_test.sh PROGRAMS: what all training programs promise, on a tiny data set: where they look for digits, what they
# print last, what they leave, and that numbers repeat.
set -euo pipefail
programs=$(cd "${1:?usage: examples_test.sh FOLDER_OF_PROGRAMS}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset REEL_DATA
export HOME=$work/home XDG_CACHE_HOME=$work/cache OMP_NUM_THREADS=2
fail() { echo "examples_test: $*" >&2; exit 1; }

# idx NAME COUNT: images and labels in MNIST's format. The bytes of a program do for pictures, all labels are 3.
idx() {
  local count
  count=$(printf '\\x%02x\\x%02x' $(($2 / 256)) $(($2 % 256)))
  { printf '\x00\x00\x08\x03\x00\x00'"$count"'\x00\x00\x00\x1c\x00\x00\x00\x1c'
    head -c $(($2 * 784)) "$programs/mnist_cnn"; } >"data/mnist/$1-images-idx3-ubyte"
  { printf '\x00\x00\x08\x01\x00\x00'"$count"
    head -c "$2" /dev/zero | tr '\0' '\3'; } >"data/mnist/$1-labels-idx1-ubyte"
}
mkdir -p data/mnist
idx train 300
idx t10k 100

# run NAME OPTION...: one epoch, output in NAME.log
run() {
  local name=$1 program=$2
  shift 2
  "$programs/$program" --epochs 1 --out "out_$name" "$@" >"$name.log" 2>&1 || fail "$name: $(tail -n 3 "$name.log")"
}
# What must repeat: everything but speeds.
numbers() { grep -E '^epoch [0-9]+:|^test accuracy' "$1.log"; }

run folder softmax_regression --data data/mnist
run parent softmax_regression --data data
REEL_DATA=$work/data run variable softmax_regression
mkdir -p cache/reel && cp -r data/mnist cache/reel/mnist
run cache softmax_regression
for name in folder parent variable cache; do
  grep -q "^data: MNIST from .*, 300 images to train with and 100 to test on" $name.log || fail "$name: other data"
  tail -n 1 $name.log | grep -qE '^test accuracy: [0-9]+\.[0-9]{2}%$' || fail "$name: the last line is $(tail -n 1 $name.log)"
  [ "$(numbers $name)" = "$(numbers folder)" ] || fail "$name: other numbers than before"
  grep -q "^wrote out_$name/softmax_regression" $name.log || fail "$name: no picture"
  [ -s out_$name/softmax_regression.csv ] || fail "$name: nothing written"
done

for program in mnist mnist_mlp mnist_cnn; do
  run first $program --data data --seed 5
  run second $program --data data --seed 5
  [ "$(numbers first)" = "$(numbers second)" ] || fail "$program: two runs differ"
  run one $program --data data --deterministic --threads 1
  run two $program --data data --deterministic --threads 2
  [ "$(numbers one)" = "$(numbers two)" ] || fail "$program: one thread and two differ"
  OMP_NUM_THREADS=1 run variable $program --data data --deterministic
  [ "$(numbers one)" = "$(numbers variable)" ] || fail "$program: OMP_NUM_THREADS changes the numbers"
done

# Two networks that train each other: an interrupted run that goes on gives the numbers of one that was not.
"$programs/dcgan" --data data --batch-size 32 --deterministic --epochs 2 --out whole >whole.log 2>&1 || fail "dcgan: $(tail -n 3 whole.log)"
"$programs/dcgan" --data data --batch-size 32 --deterministic --epochs 1 --out parts >parts.log 2>&1 || fail "dcgan: $(tail -n 3 parts.log)"
"$programs/dcgan" --data data --batch-size 32 --deterministic --epochs 2 --out parts --restore >>parts.log 2>&1 || fail "dcgan --restore: $(tail -n 3 parts.log)"
[ "$(numbers whole)" = "$(numbers parts)" ] || fail "dcgan: a restored run differs"
[ "$(numbers whole | wc -l)" = 2 ] || fail "dcgan: not two epochs"
cmp whole/dcgan_2.pgm parts/dcgan_2.pgm || fail "dcgan: a restored run makes other images"
[ "$(head -c 15 whole/dcgan_2.pgm)" = "$(printf 'P5\n224 224\n255\n')" ] || fail "dcgan: not a picture of 8x8 images"

# A pattern is found in an image without data: the bytes of a program, as PGM; and in a picture that gnuplot has drawn.
{ printf 'P5\n96 80\n255\n'; head -c $((96 * 80)) "$programs/mnist_cnn"; } >image.pgm
pattern() {
  "$programs/convolution" --image "$1" --top 20 --left 30 --side 16 --out patterns >convolution.log 2>&1 ||
    fail "convolution $1: $(tail -n 3 convolution.log)"
  [ "$(grep -c ': yes$' convolution.log)" = 5 ] || fail "convolution $1: not five claims"
  grep -q '^unit-norm patches .* row 20, column 30: 1.0000$' convolution.log || fail "convolution $1: no peak"
}
pattern image.pgm
[ -s patterns/convolution_ways.csv ] || fail "convolution: nothing written"
if [ -s patterns/convolution_pattern.png ]; then
  cp patterns/convolution_pattern.png image.png
  "$programs/convolution" --image image.png --out patterns >convolution.log 2>&1 ||
    grep -q 'built without libpng' convolution.log || fail "convolution image.png: $(tail -n 3 convolution.log)"
fi

run tricks tricks --data data --seeds 2 --images 100
for name in rates order momentum momentum_large_rate; do
  [ "$(wc -l <out_tricks/tricks_$name.csv)" = 2 ] || fail "tricks: not one epoch of $name"
done
[ "$(grep -c ' at the end: ' tricks.log)" = 4 ] || fail "tricks: not four experiments"
grep -q 'multiplies the variance by n std^2 / 2: yes' tricks.log || fail "tricks: the variance goes another way"

# Mistakes: 1 for what goes wrong, 2 for options that do not exist.
expect() {
  local expected=$1 code=0
  shift
  "$@" >error.log 2>&1 || code=$?
  [ $code = "$expected" ] || fail "$*: exit code $code, not $expected"
}
rm "$work/data/mnist/t10k-labels-idx1-ubyte"
expect 1 "$programs/softmax_regression" --data data
grep -q "t10k-labels" error.log || fail "the missing file is not named: $(cat error.log)"
expect 1 "$programs/softmax_regression" --data nowhere
expect 2 "$programs/softmax_regression" --epochs none
expect 1 "$programs/convolution"
grep -q -- "--image" error.log || fail "no word of --image: $(cat error.log)"
expect 1 "$programs/convolution" --image image.pgm --top 90
expect 1 "$programs/convolution" --image "$programs/convolution"
cp "$work/cache/reel/mnist/t10k-labels-idx1-ubyte" data/mnist/
printf '\4' | dd of=data/mnist/t10k-labels-idx1-ubyte bs=1 seek=8 conv=notrunc 2>/dev/null # one label that is not 3
expect 1 "$programs/mnist_cnn" --data data --epochs 1 --min-accuracy 100 --out out
expect 0 "$programs/mnist_cnn" --data data --epochs 1 --min-accuracy 1 --out out
