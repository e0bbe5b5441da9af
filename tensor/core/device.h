#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace reel {

/// Where a tensor's memory lives. Aligned to its size: clang keeps an atomic device in a register only then.
class alignas(2) Device {
 public:
  /// The kinds of device.
  enum class Type : std::uint8_t { cpu, cuda };

  /// The CPU, or a CUDA GPU by its number.
  static constexpr Device cpu() { return Device(Type::cpu, 0); }
  static constexpr Device cuda(int index = 0) { return Device(Type::cuda, static_cast<std::int8_t>(index)); }

  constexpr Device() = default;  ///< The CPU.

  /// The kind, and the number among its kind.
  constexpr Type type() const { return type_; }
  constexpr int index() const { return index_; }
  constexpr bool is_cpu() const { return type_ == Type::cpu; }
  constexpr bool is_cuda() const { return type_ == Type::cuda; }
  /// The same kind and number.
  constexpr bool operator==(const Device&) const = default;

 private:
  constexpr Device(Type type, std::int8_t index) : type_(type), index_(index) {}

  Type type_ = Type::cpu;
  std::int8_t index_ = 0;
};

/// Whether a copy between CPU and GPU may still run when the call that asked for it returns.
enum class NonBlocking : bool { no, yes };

/// Where tensors are made unless their options name a device: the CPU, until it is set. One for the whole program.
Device default_device();
void set_default_device(Device device);

/// "cpu" or "cuda:0".
std::string to_string(Device d);
/// Prints to_string(d).
std::ostream& operator<<(std::ostream& out, Device d);

}  // namespace reel
