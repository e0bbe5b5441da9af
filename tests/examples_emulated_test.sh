#!/usr/bin/env bash
# examples_emulated_test.sh PROGRAMS LIBRARY: every training program takes some steps on the emulated GPU, whose library is
# in the second folder.
set -euo pipefail
programs=$(cd "${1:?usage: examples_emulated_test.sh FOLDER_OF_PROGRAMS FOLDER_OF_LIBRARY}" && pwd)
library=$(cd "${2:?usage: examples_emulated_test.sh FOLDER_OF_PROGRAMS FOLDER_OF_LIBRARY}" && pwd)
source "$(dirname "$0")/examples_data.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LD_LIBRARY_PATH=$library OMP_NUM_THREADS=1
mkdir -p data/mnist data/cifar10
idx train 20
idx t10k 10
photographs data_batch_1.bin 4
photographs test_batch.bin 4

epochs=(--epochs 1)
# step PROGRAM OPTION...: one epoch, on the GPU
step() {
  "$programs/$1" --device cuda "${epochs[@]}" --out out "${@:2}" >log 2>&1 || { echo "examples_emulated_test: $*: $(tail -n 3 log)" >&2; exit 1; }
  grep -q '^device: cuda:0$' log || { echo "examples_emulated_test: $*: $(head -n 1 log)" >&2; exit 1; }
}
digits=(--data data --batch-size 20)
step linear_regression
step linear_regression --descent minibatch
step logistic_regression "${digits[@]}" --pair 3 5
step logistic_regression "${digits[@]}" --pair 3 5 --descent minibatch
step softmax_regression "${digits[@]}"
step softmax_regression "${digits[@]}" --descent minibatch
step mnist_mlp "${digits[@]}"
step mnist "${digits[@]}"
step mnist_cnn --data data --batch-size 10 --recipe best
step lenet "${digits[@]}"
step gradient_flow "${digits[@]}" --by-hand
step gradient_flow "${digits[@]}" --layers fc:20,tanh,fc:10 --by-hand
step tricks --data data --batch-size 20 --only order --seeds 1
step dcgan --data data --batch-size 10
step layers "${digits[@]}" --count 2 --seeds 1
photographs=(--data data --batch-size 4)
step resnet "${photographs[@]}" --depth 8 --checkpoint
step alexnet "${photographs[@]}" --width 0.05
step vgg "${photographs[@]}" --width 0.05
step googlenet "${photographs[@]}" --width 0.05
step relocalize --side 16 --views 4 --tests 2 --batch-size 4
step caption --scenes 4 --batch-size 4 --tests 2 --seeds 1
epochs=()
step char_transformer --steps 1 --length 8 --width 8 --layers 1 --heads 2 --batch-size 2 --sample 4
step dqn --game catch --frames 1010 --tests 1 --episodes 2 --batch-size 4
{ printf 'P5\n64 48\n255\n'; head -c $((64 * 48)) "$programs/mnist_cnn"; } >image.pgm
step convolution --image image.pgm --top 10 --left 20 --side 16
step rosenbrock --steps 3
step custom_op
if [ -e "${REEL_DATA:-}/weights/squeezenet1_0.safetensors" ]; then
  step classify --image "$REEL_DATA/images/chelsea.png"
  step style --size 32 --iterations 2
  step fast_style --size 32 --steps 1 --batch-size 1 --crop 32 --width 2 --sizes 32 --counts 1
else
  echo "examples_emulated_test: skipped without SqueezeNet's weights in REEL_DATA: classify, style, fast_style"
fi
