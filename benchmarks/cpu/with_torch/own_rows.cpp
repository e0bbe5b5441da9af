// The rows that libtorch is compared with nothing in: none.

#include "../row.h"

namespace bench {

void add_own_rows(Rows&, Sizes) {}  // libtorch is a peer, compared with nothing of its own

}  // namespace bench
