// The errors of AnyModule, out of line.

#include <reel/nn/any_module.h>

#include <reel/tensor/core/check.h>

namespace reel::nn {

void AnyModule::fail_call() const {
  fail<ValueError>("{}: it does not map one tensor to one; take it out with as<>() to call it", module_.type_name());
}

void AnyModule::fail_as() const { fail<ValueError>("as: the module is of another class, {}", module_.type_name()); }

}  // namespace reel::nn
