#include "support/op_samples.h"

namespace reel::testing {

void add_pointwise_rows(std::vector<OpRow>& table) { (void)table; }

}  // namespace reel::testing
