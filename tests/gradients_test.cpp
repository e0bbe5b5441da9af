#include <doctest/doctest.h>

#include "support/op_samples.h"

using namespace reel;
using namespace reel::testing;

TEST_CASE("every differentiable op passes gradcheck and gradgradcheck") {
  for (const OpRow& row : op_table()) {
    if (!row.differentiable) continue;
    for (const Sample& sample : row.samples) {
      INFO(row.name << " / " << sample.label);
      CHECK_NOTHROW(gradcheck(sample.call, sample.inputs, {.eps = row.eps}));
      CHECK_NOTHROW(gradgradcheck(sample.call, sample.inputs, {.eps = row.eps}));
    }
  }
}

TEST_CASE("every error sample throws its typed message") {
  for (const OpRow& row : op_table()) {
    for (const ErrorSample& sample : row.errors) {
      INFO(row.name << ": " << sample.message);
      bool thrown = false;
      try {
        sample.call();
      } catch (const std::exception& e) {
        thrown = true;
        INFO(e.what());
        CHECK(sample.is_expected(e));
        CHECK(std::string(e.what()).find(sample.message) != std::string::npos);
      }
      CHECK(thrown);
    }
  }
}
