#pragma once

#include <array>
#include <cmath>
#include <string_view>

#include "vocabulary.h"

/// Pictures of one or two coloured figures, with the captions that are true of them.
namespace support {

constexpr std::int64_t kSceneSide = 48;
/// begin, "a large red circle left of a small blue square", end.
constexpr std::int64_t kCaptionLength = 12;

/// A random number of a scene; each call draws the next.
inline double uniform(Generator& generator, double low, double high) {
  return low + (high - low) * generator.uniform();
}
inline std::size_t below(Generator& generator, std::size_t n) {
  return static_cast<std::size_t>(uniform(generator, 0, static_cast<double>(n)));
}

struct Colour {
  std::string_view name;
  std::array<double, 3> rgb;
};
constexpr std::array kColours{Colour{"red", {0.9, 0.1, 0.1}},     Colour{"green", {0.1, 0.75, 0.2}},
                              Colour{"blue", {0.15, 0.3, 0.95}},  Colour{"yellow", {0.95, 0.9, 0.15}},
                              Colour{"purple", {0.6, 0.15, 0.8}}, Colour{"white", {0.95, 0.95, 0.95}}};

struct Size {
  std::string_view name;
  double low, high;  // the radius in pixels
};
constexpr std::array kSizes{Size{"small", 5.5, 6.5}, Size{"large", 9, 10.5}};

/// A form by its signed distance: below 0 inside, in pixels, for places relative to the centre and a radius.
struct Figure {
  std::string_view name;
  Tensor (*distance)(const Tensor& x, const Tensor& y, double radius);
};
inline const std::array kFigures{
    Figure{"circle", [](const Tensor& x, const Tensor& y, double r) { return sqrt(x * x + y * y) - r; }},
    Figure{"square", [](const Tensor& x, const Tensor& y, double r) { return maximum(abs(x), abs(y)) - 0.85 * r; }},
    Figure{"triangle",
           [](const Tensor& x, const Tensor& y, double r) {  // equilateral, its tip up at y = -1.1 r
             return maximum(y - 0.6 * r, abs(x) * (std::sqrt(3.0) / 2) - y * 0.5 - 0.55 * r);
           }},
    Figure{"cross",
           [](const Tensor& x, const Tensor& y, double r) {
             const Tensor across = maximum(abs(x) - r, abs(y) - r / 3), down = maximum(abs(x) - r / 3, abs(y) - r);
             return minimum(across, down);
           }},
    Figure{"ring",
           [](const Tensor& x, const Tensor& y, double r) { return abs(sqrt(x * x + y * y) - 0.72 * r) - 0.28 * r; }}};

/// One object: what a caption says of it (places in the tables above), and where it is in pixels.
struct Thing {
  std::size_t size, colour, figure;
  double x = 0, y = 0, radius = 0;

  Sentence description() const {
    return {"a", std::string(kSizes[size].name), std::string(kColours[colour].name),
            std::string(kFigures[figure].name)};
  }
};

/// Where `thing` is, seen from `other`, along the axis on which they lie farther apart.
inline Sentence relation(const Thing& thing, const Thing& other) {
  const double dx = thing.x - other.x, dy = thing.y - other.y;
  if (std::abs(dx) > std::abs(dy)) return {dx < 0 ? "left" : "right", "of"};
  return {dy < 0 ? "above" : "below"};
}

/// The order of two objects in a caption: the larger one first, of two as large that on the left, or above.
inline bool comes_first(const Thing& thing, const Thing& other) {
  if (thing.size != other.size) return thing.size > other.size;
  const std::string word = relation(thing, other)[0];
  return word == "left" || word == "above";
}

struct Scene {
  std::vector<Thing> things;  // one or two

  /// All captions that are true: "a ... above a ..." is also "a ... below a ...".
  std::vector<Sentence> captions() const {
    if (things.size() == 1) return {things[0].description()};
    const auto from = [](const Thing& a, const Thing& b) {
      Sentence caption = a.description();
      for (const Sentence& part : {relation(a, b), b.description()}) {
        caption.insert(caption.end(), part.begin(), part.end());
      }
      return caption;
    };
    return {from(things[0], things[1]), from(things[1], things[0])};
  }
};

/// What a scene has that training with `seen` never shows.
enum class Combinations : std::uint8_t {
  seen,      ///< Nothing: no kind and no pair of kinds that is held out.
  new_pair,  ///< Two objects of seen kinds that are never seen together.
  new_kind   ///< At least one object whose colour never comes with its figure.
};

/// A kind is a colour with a figure. Six of the thirty are held out: red circle, green square, blue triangle, yellow
/// cross, purple ring, white circle.
inline bool held_out(const Thing& thing) { return thing.figure == thing.colour % kFigures.size(); }

/// About a fifth of the pairs of kinds is held out: where the places of both colours and both figures in the tables
/// have a sum that 5 divides. Each pair of colours and each pair of figures is seen, with others.
inline bool held_out(const Thing& a, const Thing& b) { return (a.colour + b.colour + a.figure + b.figure) % 5 == 0; }

inline Combinations combinations_of(const std::vector<Thing>& things) {
  for (const Thing& thing : things) {
    if (held_out(thing)) return Combinations::new_kind;
  }
  return things.size() == 2 && held_out(things[0], things[1]) ? Combinations::new_pair : Combinations::seen;
}

/// Objects of random kinds; two of them are of different kinds. Drawn anew until the combinations are as asked for.
inline std::vector<Thing> random_things(Generator& generator, std::size_t count, Combinations combinations) {
  while (true) {
    std::vector<Thing> things;
    for (std::size_t i = 0; i < count; ++i) {
      things.push_back({.size = below(generator, kSizes.size()),
                        .colour = below(generator, kColours.size()),
                        .figure = below(generator, kFigures.size())});
    }
    const bool alike = count == 2 && things[0].colour == things[1].colour && things[0].figure == things[1].figure;
    if (!alike && combinations_of(things) == combinations) return things;
  }
}

/// Places for the objects, within the picture, so that two do not touch and their relation is clear: apart by more than
/// both radii along one axis, and by at most two thirds of that along the other.
inline void place(Generator& generator, std::vector<Thing>& things) {
  for (Thing& thing : things) thing.radius = uniform(generator, kSizes[thing.size].low, kSizes[thing.size].high);
  while (true) {
    for (Thing& thing : things) {
      thing.x = uniform(generator, thing.radius, kSceneSide - thing.radius);
      thing.y = uniform(generator, thing.radius, kSceneSide - thing.radius);
    }
    if (things.size() == 1) return;
    const double dx = std::abs(things[0].x - things[1].x), dy = std::abs(things[0].y - things[1].y);
    if (std::max(dx, dy) > things[0].radius + things[1].radius + 1 && std::min(dx, dy) < std::max(dx, dy) / 1.5) return;
  }
}

/// A share `single` of the scenes has one object, the others two; all have two where new pairs are asked for.
inline Scene random_scene(Generator& generator, Combinations combinations, double single) {
  const bool one = combinations != Combinations::new_pair && uniform(generator, 0, 1) < single;
  Scene scene{random_things(generator, one ? 1 : 2, combinations)};
  place(generator, scene.things);
  if (scene.things.size() == 2 && comes_first(scene.things[1], scene.things[0])) {
    std::swap(scene.things[0], scene.things[1]);
  }
  return scene;
}

/// The picture [3, 48, 48], from 0 to 1: edges that are soft over one pixel, colours that vary a little, on a dark
/// ground, with noise.
inline Tensor draw(const Scene& scene, Generator& generator) {
  const TensorOptions cpu{.device = Device::cpu()};
  const Tensor places = arange(0.5, static_cast<double>(kSceneSide), 1, cpu);
  Tensor image = full({3, kSceneSide, kSceneSide}, uniform(generator, 0.05, 0.35), cpu);
  for (const Thing& thing : scene.things) {
    std::vector<float> rgb;
    for (const double level : kColours[thing.colour].rgb) {
      rgb.push_back(static_cast<float>(level + uniform(generator, -0.07, 0.07)));
    }
    const Tensor x = (places - thing.x).unsqueeze(0), y = (places - thing.y).unsqueeze(1);
    const Tensor covered = clamp(0.5 - kFigures[thing.figure].distance(x, y, thing.radius), 0, 1);
    image = image + (tensor(rgb, {3, 1, 1}).cpu() - image) * covered;
  }
  return clamp(image + 0.04 * randn(image.shape(), cpu, generator), 0, 1);
}

/// All words of the captions.
inline const Vocabulary& scene_vocabulary() {
  static const Vocabulary vocabulary = [] {
    Sentence words{"a", "left", "right", "of", "above", "below"};
    for (const Size& size : kSizes) words.emplace_back(size.name);
    for (const Colour& colour : kColours) words.emplace_back(colour.name);
    for (const Figure& figure : kFigures) words.emplace_back(figure.name);
    return Vocabulary(words);
  }();
  return vocabulary;
}

/// Options of Scenes.
struct ScenesOptions {
  std::int64_t first = 0;   ///< The number of the first scene: those to test with begin where those to train with end.
  double single = 1.0 / 3;  ///< The share of scenes with one object; with new pairs there are always two.
};

/// Scenes as pictures [3, 48, 48] with one of their captions [12] each, drawn when they are asked for. A scene depends
/// on the seed, the options and its number alone.
class Scenes : public data::Dataset {
 public:
  Scenes(std::int64_t count, std::uint64_t seed, Combinations combinations, const ScenesOptions& options = {})
      : count_(count), seed_(seed), combinations_(combinations), options_(options) {}

  std::int64_t size() const override { return count_; }
  data::Example get(std::int64_t index) const override {
    Generator generator(key(index));
    const Scene scene = random_scene(generator, combinations_, options_.single);
    return {draw(scene, generator), scene_vocabulary().encode(scene.captions()[0], kCaptionLength)};
  }
  /// All captions that are true of a scene.
  std::vector<Sentence> captions(std::int64_t index) const {
    Generator generator(key(index));
    return random_scene(generator, combinations_, options_.single).captions();
  }

 private:
  std::uint64_t key(std::int64_t index) const {
    return seed_ << 34 | static_cast<std::uint64_t>(combinations_) << 32 |
           static_cast<std::uint64_t>(options_.first + index);
  }

  std::int64_t count_;
  std::uint64_t seed_;
  Combinations combinations_;
  ScenesOptions options_;
};

}  // namespace support
