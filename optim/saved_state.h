#pragma once

#include <string>
#include <string_view>

#include <reel/optim/optimizer.h>

/// Reading the state that an optimizer has saved. Errors name the optimizer and the entry.
namespace reel::optim {

/// The key of an entry of a parameter's state: "state.3.step".
std::string state_key(std::size_t number, std::string_view name);

/// Takes out a number, saved with this dtype. A ValueError if there is none.
Scalar take_number(std::string_view optimizer, StateDict& rest, const std::string& key, DType dtype);

/// Takes out a floating tensor of this shape. A ValueError if there is none.
Tensor take_tensor(std::string_view optimizer, StateDict& rest, const std::string& key, const Shape& shape);

}  // namespace reel::optim
