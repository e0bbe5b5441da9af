#!/usr/bin/env bash
# examples_test.sh PROGRAMS: what all training programs promise, on a tiny data set: where they look for digits, what they
# print last, what they leave, and that numbers repeat.
set -euo pipefail
programs=$(cd "${1:?usage: examples_test.sh FOLDER_OF_PROGRAMS}" && pwd)
source "$(dirname "$0")/examples_data.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
real_data=${REEL_DATA:-}
unset REEL_DATA
export HOME=$work/home XDG_CACHE_HOME=$work/cache OMP_NUM_THREADS=2
fail() { echo "examples_test: $*" >&2; exit 1; }

mkdir -p data/mnist
idx train 300
idx t10k 100

# run NAME PROGRAM OPTION...: `epochs` epochs, or one; output in NAME.log
run() {
  local name=$1 program=$2
  shift 2
  "$programs/$program" --epochs "${epochs:-1}" --out "out_$name" "$@" >"$name.log" 2>&1 || fail "$name: $(tail -n 3 "$name.log")"
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

# A transformer that goes on from where it was interrupted has the losses, and writes the text, of one that was not.
text=(--steps 12 --length 16 --width 16 --layers 1 --heads 2 --batch-size 4 --sample 40 --deterministic)
"$programs/char_transformer" "${text[@]}" --out whole >whole.log 2>&1 || fail "char_transformer: $(tail -n 3 whole.log)"
"$programs/char_transformer" "${text[@]}" --stop-after 5 --out parts >parts.log 2>&1 || fail "char_transformer: $(tail -n 3 parts.log)"
"$programs/char_transformer" "${text[@]}" --restore --out parts >parts.log 2>&1 || fail "char_transformer --restore: $(tail -n 3 parts.log)"
ending() { sed -n '/^step *6:/,$p' "$1"; }
[ "$(ending whole.log)" = "$(ending parts.log)" ] || fail "char_transformer: a restored run differs"
grep -q '^step *12: loss' whole.log || fail "char_transformer: not twelve steps: $(tail -n 3 whole.log)"

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

mkdir -p data/cifar10
photographs data_batch_1.bin 40
photographs test_batch.bin 20

# drawn PATH...: the pictures are there, where gnuplot is
drawn() {
  command -v gnuplot >/dev/null || return 0
  for path in "$@"; do
    [ "$(head -c 4 "$path.png" | tail -c 3)" = PNG ] && grep -q '</svg>' "$path.svg" || fail "$path: no picture"
  done
}
# losses NAME: those of the training set, after each epoch
losses() { grep -oE '^epoch [0-9]: train loss [0-9.]+' "$1.log" | awk '{ print $NF }'; }
# learns NAME PROGRAM TABLE OPTION...: three epochs, after which the loss is less than after the first
learns() {
  local name=$1 program=$2 table=$3
  shift 3
  epochs=3 run "$name" "$program" "$@"
  losses "$name" | awk '{ loss[NR] = $1 } END { exit !(NR == 3 && loss[3] < loss[1]) }' || fail "$name: the loss does not fall"
  [ -s "out_$name/$table.csv" ] || fail "$name: nothing written"
  drawn "out_$name/$table"
}
for subsampling in plain learned; do
  learns lenet_$subsampling lenet lenet_$subsampling --data data --subsampling $subsampling
done
for recipe in lecture best; do learns recipe mnist_cnn mnist_cnn_$recipe --data data --recipe $recipe; done
learns by_tape gradient_flow gradient_flow_training --data data --layers fc:20,tanh,fc:10
learns by_hand gradient_flow gradient_flow_training --data data --layers fc:20,tanh,fc:10 --by-hand
paste <(losses by_tape) <(losses by_hand) | awk '{ if (($1 - $2) ^ 2 > 1e-6) exit 1 }' || fail "gradient_flow: by hand it is another training"
run flow gradient_flow --data data --by-hand
learns plain_net resnet plain8 --data data --depth 8 --plain --batch-size 20
learns residual resnet resnet8 --data data --depth 8 --checkpoint --batch-size 20
learns alexnet alexnet alexnet --data data --width 0.1 --batch-size 20
learns vgg vgg vgg --data data --width 0.1 --net B --batch-size 20
epochs=3 run googlenet googlenet --data data --width 0.1 --batch-size 20 --lr 0.03
losses googlenet | awk '{ loss[NR] = $1 } END { exit !(NR == 6 && loss[3] < loss[1] && loss[6] < loss[4]) }' ||
  fail "googlenet: the loss does not fall"
grep -q '^parameters: 60965224$' alexnet.log || fail "alexnet: $(grep ^parameters alexnet.log)"
[ "$(awk '/^(input|conv|fc)/ { printf "%s ", $2 }' alexnet.log)" = "150528 290400 186624 64896 64896 43264 4096 4096 1000 " ] ||
  fail "alexnet: other sizes than the paper's"
drawn out_googlenet/googlenet_auxiliaries out_folder/softmax_regression_weights out_flow/gradient_flow out_flow/gradient_flow_zeros
run layers layers --data data --count 20 --seeds 2
drawn out_layers/layers
run compared resnet --data data --depth 8,14 --both --batch-size 20 --seeds 2
drawn out_compared/resnet
grep -qE '^test accuracy: [0-9.]+% \(mean of 2 seeds, [0-9.]+% to [0-9.]+%\)$' compared.log || fail "resnet: no spread"
[ "$(grep -cE '^(plain|LRN|dropout|PReLU|batch norm) +[0-9.]+% ' layers.log)" = 10 ] || fail "layers: not ten rows"
for program in linear_regression logistic_regression softmax_regression; do
  case $program in
    linear_regression) options=() ;;
    logistic_regression) options=(--data data --pair 3 5) ;;
    *) options=(--data data) ;;
  esac
  "$programs/$program" "${options[@]}" --descent single,minibatch --out descents >descent.log 2>&1 ||
    fail "$program --descent: $(tail -n 3 descent.log)"
  [ "$(grep -cE '^(single|minibatch) ' descent.log)" = 2 ] || fail "$program --descent: not two rows"
  drawn "descents/${program}_descent"
done

# Relocalisation draws its own rooms; few small pictures make it quick. One training does not depend on the others.
small=(--side 16 --views 32 --tests 9 --batch-size 16 --deterministic)
epochs=3 run relocalize relocalize "${small[@]}" --threads 1
epochs=3 run relocalize_compare relocalize "${small[@]}" --compare
trainings() { grep ' BranchNet (.* parameters): train loss ' "$1.log"; }
[ "$(trainings relocalize | wc -l)" = 3 ] || fail "relocalize: not three rooms"
[ "$(trainings relocalize)" = "$(trainings relocalize_compare)" ] || fail "relocalize: two runs differ"
sed -n 's/.*train loss \(.*\) after epoch 1, \(.*\) after epoch 3$/\1 \2/p' relocalize_compare.log |
  awk '{ falls += $2 < $1 } END { exit !(NR == 12 && falls == 12) }' || fail "relocalize: the loss does not fall"
[ "$(grep -c '^[a-z ]* against BranchNet: ' relocalize_compare.log)" = 3 ] || fail "relocalize: not three comparisons"
drawn out_relocalize/relocalize_views out_relocalize/relocalize_poses
run relocalize_sweep relocalize "${small[@]}" --sweep
[ "$(grep -c '^average' relocalize_sweep.log)" = 2 ] || fail "relocalize --sweep: not two tables"
drawn out_relocalize_sweep/relocalize_beta

# Captions of scenes: the loss falls, and two runs say the same.
captions() { grep -E '^(epoch|seen|new)' "$1.log"; }
for name in caption caption_again; do
  epochs=3 run $name caption --scenes 320 --batch-size 16 --tests 20 --seeds 2 --threads 1 --deterministic
done
[ "$(captions caption)" = "$(captions caption_again)" ] || fail "caption: two runs differ"
losses caption | awk '{ loss[NR] = $1 } END { exit !(NR == 6 && loss[3] < loss[1] && loss[6] < loss[4]) }' ||
  fail "caption: the loss does not fall"
[ "$(grep -cE '^(seen|new pairs|new kinds), (greedy|beam of 5|of another scene) +[0-9.]+% ' caption.log)" = 9 ] ||
  fail "caption: not nine rows"
drawn out_caption/caption out_caption/caption_scenes

# Deep Q-learning: numbers repeat, saved weights play as they did, and the network learns to catch.
# dqn NAME OPTION...: output in dqn_NAME.log
dqn() {
  local name=$1
  shift
  "$programs/dqn" --episodes 20 --out out_dqn "$@" >"dqn_$name.log" 2>&1 || fail "dqn $name: $(tail -n 3 "dqn_$name.log")"
}
dqn_scores() { grep -E '^(seed|random|scripted|network) ' "dqn_$1.log"; }
# dqn_score NAME PLAYER: the mean score of a player
dqn_score() { awk -v player="$2" '$0 ~ "^" player { print $(player == "network" ? 2 : 3) }' "dqn_$1.log"; }
for game in catch breakout; do
  for log in $game again; do dqn $log --game $game --frames 1200 --tests 3 --seeds 2 --deterministic --threads 1; done
  [ "$(dqn_scores $game)" = "$(dqn_scores again)" ] || fail "dqn $game: two runs differ"
  [ "$(grep -c '^seed [12], frame [0-9]*: score ' dqn_$game.log)" = 6 ] || fail "dqn $game: not three tests of two seeds"
  [ "$(wc -l <out_dqn/dqn_$game.csv)" = 5 ] || fail "dqn $game: not one row for the start and each test"
  drawn out_dqn/dqn_$game out_dqn/dqn_${game}_game
done
[ "$(dqn_score catch 'scripted player')" = 10.00 ] || fail "dqn: the scripted player does not catch all balls"
dqn learned --game catch --frames 7000 --tests 1 --threads 1
awk -v network="$(dqn_score learned network)" -v random="$(dqn_score learned 'random player')" \
  'BEGIN { exit !(network > random + 1) }' || fail "dqn: nothing learned: $(dqn_scores learned)"
dqn loaded --game catch --load out_dqn/dqn_catch.safetensors --play --threads 1
[ "$(dqn_score loaded network)" = "$(dqn_score learned network)" ] || fail "dqn: loaded weights play otherwise"
[ "$(grep -c '^score ' dqn_loaded.log)" = 150 ] || fail "dqn --play: not 150 frames of ten balls"

# What SqueezeNet's weights tell of three photographs, as those who published them saw it (within 0.1); and painting.
if [ -e "$real_data/weights/squeezenet1_0.safetensors" ]; then
  export REEL_DATA=$real_data
  images=$real_data/images
  "$programs/classify" --image "$images/chelsea.png" "$images/coffee.png" "$images/rocket.jpg" >classify.log 2>&1 ||
    fail "classify: $(tail -n 3 classify.log)"
  grep -A 1 '^/' classify.log | awk '/class/ { sub("%", "", $1); print $1, $3 }' | tr -d , >found.log
  paste -d ' ' found.log <(printf '53 285\n90 967\n42 733\n') |
    awk '{ if ($2 != $4 || ($1 - $3) ^ 2 > 100) exit 1 } END { exit NR != 3 }' || fail "classify: $(cat found.log)"
  for optimizer in lbfgs adam; do
    "$programs/style" --size 48 --iterations 20 --optimizer $optimizer --out out_style >style.log 2>&1 || fail "style: $(tail -n 3 style.log)"
    awk '/^iteration/ { loss[++n] = $4 } END { exit !(n == 2 && loss[2] < loss[1]) }' style.log || fail "style: $(cat style.log)"
  done
  [ "$(head -c 3 out_style/style_48.jpg | tail -c 2 | od -An -tx1 | tr -d ' ')" = d8ff ] || fail "style: no JPEG file"
  drawn out_style/style_loss
  "$programs/fast_style" --size 64 --steps 100 --batch-size 1 --crop 32 --width 4 --sizes 48,64 --counts 1,2 --out out_fast >fast.log 2>&1 ||
    fail "fast_style: $(tail -n 3 fast.log)"
  awk '/^step/ { loss[++n] = $NF } END { exit !(n == 2 && loss[2] < loss[1]) }' fast.log || fail "fast_style: $(cat fast.log)"
  [ "$(grep -cE '^(48|64) +[0-9.]+ s( +[0-9]+ s \( *[0-9]+x\)){2}$' fast.log)" = 2 ] || fail "fast_style: $(cat fast.log)"
  drawn out_fast/fast_style_loss
  unset REEL_DATA
else
  echo "examples_test: skipped without SqueezeNet's weights in REEL_DATA: classify, style, fast_style"
fi

# Trained language models, where `./dev data` has put them.
if [ -e "$real_data/minilm/model.safetensors" ]; then
  "$programs/sentence_similarity" --model "$real_data/minilm" >similarity.log 2>&1 || fail "sentence_similarity: $(tail -n 3 similarity.log)"
  # The first eight sentences are pairs that say the same: each names the other.
  awk '/^0\.[0-9]+  / { first = substr($0, 7) } /^      / { near[first] = substr($0, 7); order[++n] = first }
    END { for (i = 1; i <= 8; ++i) if (near[order[i]] != order[i % 2 ? i + 1 : i - 1]) exit 1; exit n != 10 }' similarity.log ||
    fail "sentence_similarity: $(cat similarity.log)"
  run finetune finetune --model "$real_data/minilm"
  awk '/^before:/ { before = $2 + 0 } /^epoch 1:/ { after = $5 + 0 } /read again:/ { again = $5 + 0 }
    END { exit !(after > before + 10 && again == after) }' finetune.log || fail "finetune: $(cat finetune.log)"
else
  echo "examples_test: skipped without minilm/ in REEL_DATA: sentence_similarity, finetune"
fi
if [ -e "$real_data/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf" ]; then
  printf 'Reel is a small library of tensors. It was written in C++, and its gradients are checked.\n' >lesson.txt
  smollm2() { "$programs/smollm2" --model "$real_data/smollm2" --temperature 0 --out out_smollm2 "$@" >smollm2.log 2>&1 || fail "smollm2: $(tail -n 3 smollm2.log)"; }
  smollm2 --learn lesson.txt --steps 15 --lr 0.003
  awk '/^step/ { loss[++n] = $NF } END { exit !(n == 15 && loss[15] < 0.3 * loss[1]) }' smollm2.log || fail "smollm2: $(cat smollm2.log)"
  smollm2 --adapter out_smollm2/smollm2_adapter.safetensors --tokens 4 --prompt "Reel is a small"
  grep -q '^> Reel is a small library of' smollm2.log || fail "smollm2: $(cat smollm2.log)"
else
  echo "examples_test: skipped without smollm2/ in REEL_DATA: smollm2"
fi

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
expect 1 "$programs/classify" --image image.pgm
grep -q -- "--weights" error.log || fail "no word of --weights: $(cat error.log)"
for program in sentence_similarity finetune smollm2; do
  expect 1 "$programs/$program"
  grep -q './dev data' error.log || fail "$program: no word of ./dev data: $(cat error.log)"
  expect 1 "$programs/$program" --model nowhere
done
expect 2 "$programs/smollm2" --tokens none
expect 1 "$programs/style"
expect 2 "$programs/style" --optimizer sgd
expect 1 "$programs/fast_style"
expect 1 "$programs/char_transformer" --length 100000
expect 2 "$programs/char_transformer" --text nowhere.txt
expect 2 "$programs/dqn" --game chess
expect 2 "$programs/dqn" --frames 0
expect 1 "$programs/dqn" --load nowhere.safetensors
grep -q nowhere.safetensors error.log || fail "dqn: the missing file is not named: $(cat error.log)"
expect 1 "$programs/dqn" --load "$programs/dqn"
expect 1 "$programs/caption" --epochs 1 --scenes 32 --tests 5 --seeds 1 --min-bleu 1 --out out
expect 1 "$programs/caption" --scenes 10
grep -q -- "--batch-size" error.log || fail "no word of --batch-size: $(cat error.log)"
expect 2 "$programs/caption" --beam 1
expect 2 "$programs/caption" --scenes none
expect 1 "$programs/relocalize" --side 20 --views 8 --tests 4
grep -q 'multiple of 8, got 20' error.log || fail "relocalize: no word of the side: $(cat error.log)"
expect 2 "$programs/relocalize" --compare --sweep
expect 2 "$programs/relocalize" --beta -1
expect 1 "$programs/convolution"
grep -q -- "--image" error.log || fail "no word of --image: $(cat error.log)"
expect 1 "$programs/convolution" --image image.pgm --top 90
expect 1 "$programs/convolution" --image "$programs/convolution"
cp "$work/cache/reel/mnist/t10k-labels-idx1-ubyte" data/mnist/
printf '\4' | dd of=data/mnist/t10k-labels-idx1-ubyte bs=1 seek=8 conv=notrunc 2>/dev/null # one label that is wrong
expect 1 "$programs/mnist_cnn" --data data --epochs 1 --min-accuracy 100 --out out
expect 0 "$programs/mnist_cnn" --data data --epochs 1 --min-accuracy 1 --out out
