// Results and gradients against PyTorch's, from goldens/*.json (made by goldens/make_goldens.py and make_spatial.py).

#include <doctest/doctest.h>

#include "goldens/golden_calls.h"
#include "support/golden_cases.h"
#include "support/requirement.h"

using namespace reel::testing;

TEST_CASE("results and gradients equal PyTorch's") {
  CHECK(check_goldens("goldens.json", golden_calls()).size() >= 120);
}

TEST_CASE("lines, images and volumes: results and gradients equal PyTorch's") {
  CHECK(check_goldens("spatial.json", spatial_calls()).size() >= 26);
}

TEST_CASE("results and gradients of linalg equal PyTorch's" * needs_lapack) {
  CHECK(check_goldens("linalg.json", linalg_golden_calls()).size() >= 19);
}
