// Says what photographs show; run build/release/examples/classify [--help].
//
// SqueezeNet with the weights that its authors trained on ImageNet's 1000 classes. Of each photograph it sees the
// largest square in the middle, at 227x227. Prints the five most probable classes.
#include <fstream>

#include "squeezenet_weights.h"

#include <reel/data/image.h>

using namespace reel;

/// The names of ImageNet's classes, which stand beside the sources.
std::vector<std::string> class_names() {
  std::ifstream file(EXAMPLES_FOLDER "/imagenet_classes.txt");
  std::vector<std::string> names;
  for (std::string name; std::getline(file, name);) names.push_back(name);
  if (names.size() != 1000) throw IOError("expected 1000 names in " EXAMPLES_FOLDER "/imagenet_classes.txt");
  return names;
}

int main(int argc, char** argv) {
  CLI::App app("Says what photographs show, with SqueezeNet and its weights from ImageNet.");
  support::Options options;
  options.add_common(app);
  std::string weights;
  std::vector<std::string> paths;
  app.add_option("--weights", weights, "SqueezeNet's weights (else weights/squeezenet1_0.safetensors in REEL_DATA)");
  app.add_option("--image", paths, "PNG or JPEG files")->required();

  return support::run(app, options, argc, argv, [&] {
    nn::models::SqueezeNet net = support::trained_squeezenet(weights);
    net.to(options.target());
    const std::vector<std::string> names = class_names();
    const NoGradGuard no_grad;
    for (const std::string& path : paths) {
      const Tensor photograph = data::read_image(path).to(options.target()).to(DType::f32) / 255;
      const std::int64_t side = std::min(photograph.size(1), photograph.size(2));
      const Tensor seen = data::resize(data::center_crop(photograph, side, side), 227, 227);
      const Tensor probabilities = softmax(net(seen.unsqueeze(0)), 1)[0];
      const auto [best, classes] = topk(probabilities, 5);
      std::printf("%s\n", path.c_str());
      for (int i = 0; i < 5; ++i) {
        const auto number = classes[i].item<std::int64_t>();
        std::printf("  %5.1f%%  class %3d, %s\n", 100 * best[i].item(), static_cast<int>(number),
                    names.at(static_cast<std::size_t>(number)).c_str());
      }
    }
    return 0;
  });
}
