// What deterministic mode costs where oneDNN or BLAS would split the work by thread.

#include <reel/kernels/threads.h>

#include "own_rows.h"

namespace bench {
namespace {

Work deterministic(const Work& work) {
  const auto run = [f = work.run] {
    reel::set_deterministic(true);
    f();
    reel::set_deterministic(false);
  };
  return {run, work.before};
}

Row deterministic(Row row) {
  row.beside = {row.name};
  row.name += ", deterministic";
  row.group = "deterministic";
  for (Variant& variant : row.variants) {
    variant.prepare = [prepare = variant.prepare] { return deterministic(prepare()); };
  }
  return row;
}

/// Whole steps, and operations that take another path then.
const std::vector<std::string> kRows{"CNN step, batch 64, Adam",
                                     "ResNet-18 step, 32x32, batch 32, SGD momentum",
                                     "matmul 2048",
                                     "linear 784->500, batch 256, forward",
                                     "linear 784->500, batch 256, weight gradient",
                                     "conv 5x5 1->32, 64x1x28x28 (CNN), weight gradient",
                                     "conv 5x5 32->64, 64x32x14x14 (CNN), weight gradient",
                                     "conv 3x3 stride 2 64->128, 32x64x32x32 (ResNet), weight gradient"};

}  // namespace

void add_deterministic_rows(Rows& rows, Sizes) {
  for (const std::string& name : kRows) rows.push_back(deterministic(named(rows, name, "row")));
}

}  // namespace bench
