#pragma once

#include <string>
#include <vector>

#include "textures.h"

/// Rooms with walls, pictures on them, and furniture, made at random.
namespace rooms {

/// A box with its sides along the axes. Walls and pictures are thin ones.
struct Box {
  Vec3 low, high;
  Texture texture;

  /// Whether a point is in the box, or closer to it than `margin` along each axis.
  bool contains(const Vec3& p, double margin) const {
    for (std::size_t i = 0; i < 3; ++i)
      if (p[i] < low[i] - margin || p[i] > high[i] + margin) return false;
    return true;
  }
  /// Corner 0 to 7: bit i chooses the upper end along axis i.
  Vec3 corner(std::size_t number) const {
    Vec3 p = low;
    for (std::size_t i = 0; i < 3; ++i)
      if ((number >> i) % 2 == 1) p[i] = high[i];
    return p;
  }
};

/// A room with a corner of its floor at the origin.
struct Room {
  std::string name;
  Vec3 size;               ///< Its width, depth and height in metres.
  std::vector<Box> boxes;  ///< Floor, ceiling, four walls; then what is in it.

  static constexpr std::size_t kShell = 6;  ///< How many boxes the room itself takes.

  /// The length of the longest side, by which positions are scaled.
  double longest() const { return *std::max_element(size.begin(), size.end()); }
};

/// Makes rooms: each call draws what it does from one random sequence.
class RoomMaker {
 public:
  explicit RoomMaker(std::uint64_t seed) : random_(seed) {}

  Room make(const std::string& name, const Vec3& size) {
    Room room{name, size, {}};
    const auto [w, d, h] = std::array{size[0], size[1], size[2]};
    room.boxes = {{{0, 0, -kThick}, {w, d, 0}, texture(random_.below(2) == 0 ? Pattern::planks : Pattern::tiles)},
                  {{0, 0, h}, {w, d, h + kThick}, texture(Pattern::plaster)},
                  {{-kThick, 0, 0}, {0, d, h}, texture(Pattern::bricks)},
                  {{w, 0, 0}, {w + kThick, d, h}, texture(Pattern::stripes)},
                  {{0, -kThick, 0}, {w, 0, h}, texture(Pattern::plaster)},
                  {{0, d, 0}, {w, d + kThick, h}, texture(Pattern::tiles)}};
    for (std::size_t wall = 0; wall < 4; ++wall) {
      const double along = wall < 2 ? d : w;
      for (double place = 0; place < along; place += 2.5) room.boxes.push_back(picture(size, wall));
      for (double place = 0; place < along; place += 4) room.boxes.push_back(furniture(size, wall));
    }
    return room;
  }

 private:
  static constexpr double kThick = 0.1;

  /// A grey with a tint.
  Vec3 colour() {
    const double grey = random_.uniform(0.35, 0.8);
    return Vec3{grey, grey, grey} + random_.within({0.2, 0.2, 0.2});
  }

  Texture texture(Pattern pattern) {
    const Vec3 first = colour(), second = 0.4 * first + 0.6 * colour();
    return {pattern, first, second, random_.uniform(0.3, 0.5), static_cast<std::uint32_t>(random_.below(1U << 30))};
  }

  /// A box at a wall (0 west, 1 east, 2 south, 3 north), so far along it, `deep` into the room, between two heights.
  static Box at_wall(const Vec3& size, std::size_t wall, double from, double to, double deep, double low, double high) {
    const bool across = wall >= 2, far = wall % 2 == 1;
    const double depth = size[across ? 1 : 0], near_side = far ? depth - deep : 0, far_side = far ? depth : deep;
    if (across) return {{from, near_side, low}, {to, far_side, high}, {}};
    return {{near_side, from, low}, {far_side, to, high}, {}};
  }

  Box picture(const Vec3& size, std::size_t wall) {
    const double width = random_.uniform(0.5, 1.3), along = size[wall < 2 ? 1 : 0];
    const double from = random_.uniform(0.1, along - width - 0.1), low = random_.uniform(1, 1.4);
    Box box = at_wall(size, wall, from, from + width, 0.03, low, low + random_.uniform(0.5, size[2] - low - 0.1));
    box.texture = texture(Pattern::picture);
    return box;
  }

  Box furniture(const Vec3& size, std::size_t wall) {
    const double width = random_.uniform(0.5, 1.4), along = size[wall < 2 ? 1 : 0];
    const double from = random_.uniform(0, along - width);
    const double high = random_.uniform(0.4, 0.75 * size[2]), deep = random_.uniform(0.3, 0.7);
    Box box = at_wall(size, wall, from, from + width, deep, 0, high);
    constexpr std::array kPatterns{Pattern::plaster, Pattern::planks, Pattern::stripes, Pattern::picture};
    box.texture = texture(kPatterns[random_.below(kPatterns.size())]);
    return box;
  }

  Random random_;
};

/// The three scenes: rooms of growing size, all 3 : 2 in plan, from one seed.
inline std::vector<Room> make_rooms(std::uint64_t seed) {
  return {RoomMaker(3 * seed).make("study", {4.5, 3, 2.5}), RoomMaker(3 * seed + 1).make("living room", {6, 4, 2.8}),
          RoomMaker(3 * seed + 2).make("hall", {9, 6, 3.5})};
}

}  // namespace rooms
