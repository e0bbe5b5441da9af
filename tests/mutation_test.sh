#!/bin/sh
# Shows that no operation goes untested. On a copy of the tree it
#   1. takes the rows of some operations out of the sample table, breaks a formula, leaves a backward out,
#   2. spoils the gradients of every recorded operation, one after the other,
# and expects the build or a test to fail each time. It builds much and is not part of the ordinary tests.
#
#     tests/mutation_test.sh [WORK_DIR]     # WORK_DIR keeps the build for another run; CMAKE_CXX_COMPILER_LAUNCHER is used
set -eu

source=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-}
if [ -z "$work" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
copy=$work/source
build=$copy/build/release
tests=$build/tests/reel_tests
mkdir -p "$copy"
# With fresh times (-m), so that nothing that a former run mutated counts as built.
(cd "$source" && tar -cf - --exclude=./build --exclude=./.git .) | tar -xmf - -C "$copy"
cmake -S "$copy" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DREEL_EXAMPLES=OFF -DREEL_BENCHMARKS=OFF >"$work/configure.log"

survivors=0
suites='*op_table_test*,*op_arguments_test*,*gradients_test*,*goldens_test*'

# Builds and tests the copy; false, with the reason, if that fails.
passes() {
  if ! cmake --build "$build" --target reel_tests >"$work/build.log" 2>&1; then
    grep -m 2 -E "error:|undefined reference" "$work/build.log" | cut -c 1-220 | sed 's/^/    build: /'
    return 1
  fi
  if ! "$tests" -sf="$suites" >"$work/test.log" 2>&1; then
    grep -E "ERROR:" "$work/test.log" | head -n 2 | cut -c 1-220 | sed 's/^/    test: /'
    return 1
  fi
}

report() { # CAUGHT(0 or 1) NAME
  if [ "$1" -eq 0 ]; then echo "caught    $2"; else echo "SURVIVED  $2"; survivors=$((survivors + 1)); fi
}

# mutate NAME FILE SED-SCRIPT: the copy must fail with FILE edited so.
mutate() {
  cp "$copy/$2" "$work/original"
  sed -i -e "$3" "$copy/$2"
  if cmp -s "$copy/$2" "$work/original"; then
    echo "    the edit of $2 changed nothing"
    report 1 "$1"
  elif passes; then
    report 1 "$1"
  else
    report 0 "$1"
  fi
  cp "$work/original" "$copy/$2"
}

passes || { echo "the unchanged tree fails: see $work/build.log and $work/test.log"; exit 1; }

for op in sigmoid matmul conv2d cross_entropy; do
  mutate "row of $op taken away" tests/support/op_samples.cpp \
    "s/^  return table;/  std::erase_if(table, [](const OpRow\& row) { return row.name == \"$op\"; });\n  return table;/"
done
mutate "second derivative of sigmoid broken" ops/activations/sigmoid.cpp 's/return 1 - 2 \* y;/return 1 - 3 * y;/'
mutate "first derivative of sigmoid left out" ops/activations/sigmoid.cpp \
  '/^struct Sigmoid {/,/^};/s/return {fused_grad(.*)};/return {Tensor()};/'
mutate "backward of sigmoid left out" ops/activations/sigmoid.cpp '/^struct Sigmoid {/,/^};/{/Grads<1> backward/d}'
mutate "sign of the gradient of mse_loss's target broken" ops/losses/mse_loss.cpp 's/return {to_y, ctx.needs_grad(1) ? -to_y/return {to_y, ctx.needs_grad(1) ? to_y/'

# Every operation's gradients 1 % too large and 0.01 off (those of steps are zero), chosen at run time.
header=autograd/tape/op.h
sed -i -e 's/^namespace reel {$/&\nTensor operator*(const Tensor\& a, Scalar b);\nTensor operator+(const Tensor\& a, Scalar b);\n/' \
  -e 's/^    for (std::size_t i = 0; i < grads.size(); ++i) grad_inputs\[i\] = std::move(grads\[i\]);/&\
    if (const char* mutant = std::getenv("REEL_MUTANT"); mutant \&\& Op::name == mutant) {\
      for (Tensor\& grad : grad_inputs) {\
        if (grad.defined()) grad = grad * 1.01 + 0.01;\
      }\
    }/' -e 's/^#include <array>/#include <cstdlib>\n&/' "$copy/$header"
sed -i -e 's/^  CHECK_MESSAGE(missing(registered, recorded)/  std::ofstream names(std::getenv("REEL_OP_NAMES"));\
  for (const std::string\& name : registered) names << name << "\\n";\
&/' "$copy/tests/op_table_test.cpp"
export REEL_OP_NAMES="$work/op_names"
passes || { echo "the instrumented tree fails: see $work/build.log and $work/test.log"; exit 1; }
while read -r op; do
  if REEL_MUTANT=$op "$tests" -sf='*gradients_test*' >"$work/test.log" 2>&1; then
    report 1 "gradients of $op spoilt"
  else
    report 0 "gradients of $op spoilt"
  fi
done <"$REEL_OP_NAMES"

[ "$survivors" -eq 0 ] || { echo "$survivors mutants survived"; exit 1; }
echo "all mutants were caught"
