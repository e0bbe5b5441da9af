#pragma once

#include <compare>
#include <string>

/// The version of Reel, for `#if`. CMakeLists.txt reads it from these lines, so it stands here alone.
#define REEL_VERSION_MAJOR 0
#define REEL_VERSION_MINOR 1
#define REEL_VERSION_PATCH 0

namespace reel {

/// A version in three numbers. Before 1.0, releases with the same major and minor number are compatible.
struct Version {
  int major, minor, patch;  ///< "major.minor.patch".

  /// Ordered by the first number that differs.
  constexpr auto operator<=>(const Version&) const = default;
};

/// The version of these headers.
inline constexpr Version version{REEL_VERSION_MAJOR, REEL_VERSION_MINOR, REEL_VERSION_PATCH};

/// "0.1.0".
inline std::string to_string(const Version& v) {
  return std::to_string(v.major) + "." + std::to_string(v.minor) + "." + std::to_string(v.patch);
}

}  // namespace reel
