// What is compared with other rows of Reel, or with limits of the machine.

#include "own_rows.h"

#include "../row.h"

namespace bench {

void add_own_rows(Rows& rows, Sizes sizes) {
  add_deterministic_rows(rows, sizes);
  add_bf16_rows(rows, sizes);
  add_checkpoint_rows(rows, sizes);
  add_limit_rows(rows, sizes);
  add_loader_rows(rows, sizes);
}

Row limit(const std::string& name, std::function<Work()> prepare) {
  return {.name = "limit: " + name, .group = "limit", .variants = {{"default", std::move(prepare)}}};
}

Row share(Row row, std::vector<std::string> limits) {
  row.name += ", of the limit";
  row.group = "share";
  row.beside = std::move(limits);
  return row;
}

}  // namespace bench
