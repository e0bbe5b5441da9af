// The errors of AnyModule, out of line.

#include <reel/nn/any_module.h>

#include <reel/tensor/core/check.h>

namespace reel::nn {

void AnyModule::fail_call() const {
  fail<ValueError>("{}: expected a module that maps one tensor to one tensor; take it out with as<>() to call it",
                   module_.type_name());
}

void AnyModule::fail_as(const std::type_info& wanted) const {
  fail<ValueError>("as: expected a module of class {}, got {}", Module::type_name_of(wanted), module_.type_name());
}

}  // namespace reel::nn
