#pragma once

#include <array>
#include <filesystem>

#include <reel/data/atomic_file.h>

namespace reel::testing {

inline constexpr std::array kBoth = {data::AtomicFile::Temporary::unnamed, data::AtomicFile::Temporary::named};

/// Writes "new" as an atomic file.
inline void put(const std::filesystem::path& path,
                data::AtomicFile::Temporary temporary = data::AtomicFile::Temporary::unnamed) {
  data::AtomicFile file(path, temporary);
  file.write("new", 3);
  file.commit();
}

}  // namespace reel::testing
