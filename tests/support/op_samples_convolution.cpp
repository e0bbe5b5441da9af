#include "support/op_samples.h"

namespace reel::testing {

void add_convolution_rows(std::vector<OpRow>& table) { (void)table; }

}  // namespace reel::testing
