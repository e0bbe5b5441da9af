// What autocast(bf16) gains in whole steps.

#include "../step_names.h"
#include "library.h"
#include "own_rows.h"

namespace bench {
namespace {

Row bf16(Row row) {
  row.beside = {row.name};
  row.name += ", bf16";
  row.group = "bf16";
  for (Variant& variant : row.variants) {
    variant.prepare = [prepare = variant.prepare] {
      const Work work = prepare();
      return Work{[run = work.run] { reel::autocast(reel::DType::bf16, run); }, work.before};
    };
  }
  return row;
}

}  // namespace

void add_bf16_rows(Rows& rows, Sizes) {
  for (const std::string name : {kCnnStep, kResNetStep}) {
    rows.push_back(bf16(named(rows, name, "row")));
  }
}

}  // namespace bench
