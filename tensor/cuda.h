#pragma once

#include <string>

/// Whether the second kind of device can be used. A program asks once and puts its tensors there or not.
namespace reel::cuda {

/// Whether tensors can be made on `Device::cuda()`.
bool is_available();
/// What is missing where they cannot; empty where they can.
std::string why_not();

}  // namespace reel::cuda
