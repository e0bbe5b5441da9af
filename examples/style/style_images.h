#pragma once

#include <string>

#include "squeezenet_weights.h"

#include <reel/data/image.h>

/// The photograph and the painting of the programs on style.
namespace support {

/// SqueezeNet's layers after which styles are compared, the first ReLU and fire modules, and which of them also stands
/// for the content.
inline const std::vector<std::int64_t> style_layers{1, 3, 4, 5, 7, 8, 9};
inline constexpr std::size_t content_layer = 4;

/// L-BFGS for pixels: all iterations that are asked for, with a shorter history than usual, for memory.
inline const optim::LBFGSOptions style_lbfgs{
    .max_eval = 1000, .tolerance_grad = 0, .tolerance_change = 0, .history_size = 20, .strong_wolfe = true};

/// The options of the programs on style, and what they name.
struct StylePictures {
  std::string weights = {}, content = {}, style = {};
  std::int64_t size = 512;

  void add_to(CLI::App& app) {
    app.add_option("--weights", weights, "SqueezeNet's weights (else weights/squeezenet1_0.safetensors in REEL_DATA)");
    app.add_option("--content", content, "The photograph (else images/chelsea.png in REEL_DATA)");
    app.add_option("--style", style, "The painting (else images/starry_night.jpg in REEL_DATA)");
    app.add_option("--size", size, "Pixels of the longer side")->check(CLI::Range(32, 4096))->capture_default_str();
  }
  /// Pictures [1, 3, height, width] from 0 to 1.
  Tensor photograph(std::int64_t pixels, Device device) const {
    return read(content.empty() ? find_data("images/chelsea.png", "--content") : content, pixels, device);
  }
  Tensor painting(Device device) const { return read(painting_path(), size, device); }
  std::string painting_path() const { return style.empty() ? find_data("images/starry_night.jpg", "--style") : style; }

 private:
  static Tensor read(const std::string& path, std::int64_t pixels, Device device) {
    const Tensor image = data::read_image(path).to(device).to(DType::f32) / 255;
    const std::int64_t longer = std::max(image.size(1), image.size(2));
    const auto scaled = [&](std::int64_t side) { return std::max<std::int64_t>(1, side * pixels / longer); };
    return data::resize(image, scaled(image.size(1)), scaled(image.size(2))).unsqueeze(0);
  }
};

/// Writes the first of the pictures as OUT/NAME.jpg and says so.
inline void write_picture(const Options& options, const std::string& name, const Tensor& pictures) {
  fs::create_directories(options.out);
  const std::string path = (fs::path(options.out) / (name + ".jpg")).string();
  data::write_image(path, pictures.detach()[0]);
  std::printf("wrote %s\n", path.c_str());
}

}  // namespace support
