// All rows of the CPU table, in its order.

#include "row.h"

namespace bench {

Rows all_rows(Sizes sizes) {
  Rows rows;
  add_overhead_rows(rows, sizes);
  add_memory_rows(rows, sizes);
  add_layer_rows(rows, sizes);
  add_attention_rows(rows, sizes);
  add_recurrent_rows(rows, sizes);
  add_optimizer_rows(rows, sizes);
  add_product_rows(rows, sizes);
  add_conv_rows(rows, sizes);
  add_data_rows(rows, sizes);
  add_step_rows(rows, sizes);
  add_network_rows(rows, sizes);
  add_transformer_rows(rows, sizes);
  add_own_rows(rows, sizes);
  return rows;
}

}  // namespace bench
