// Paints a photograph in the style of a painting; run build/release/examples/style [--help].
//
// The pixels of a picture are what is optimised, so that a trained network finds in it the content of the photograph
// and the style of the painting (Gatys et al. 2015, "A neural algorithm of artistic style"). Content is what a high
// layer sees. Style is how often, anywhere in the picture, two channels of a layer are active together: their Gram
// matrix, for layers from the first to a high one. The network is SqueezeNet with its weights from ImageNet.
#include "squeezenet_weights.h"
#include "style_images.h"
#include "style_objective.h"

using namespace reel;

int main(int argc, char** argv) {
  CLI::App app("Paints a photograph in the style of a painting.");
  support::Options options;
  support::StylePictures pictures;
  support::StyleWeights weights;
  std::string start = "photograph", optimizer = "lbfgs";
  std::int64_t iterations = 300;
  double lr = 0.02;
  options.add_common(app);
  pictures.add_to(app);
  app.add_option("--iterations", iterations, "Steps of the optimizer")->check(support::positive)->capture_default_str();
  app.add_option("--alpha", weights.content, "Weight of the content")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--beta", weights.style, "Weight of the style")->check(CLI::NonNegativeNumber)->capture_default_str();
  app.add_option("--smoothness", weights.smoothness, "Weight of differences between neighbours")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--start", start, "What the picture is at first")
      ->check(CLI::IsMember({"photograph", "noise"}))
      ->capture_default_str();
  app.add_option("--optimizer", optimizer, "What changes the pixels")
      ->check(CLI::IsMember({"lbfgs", "adam"}))
      ->capture_default_str();
  app.add_option("--lr", lr, "Adam's learning rate")->check(support::positive)->capture_default_str();

  return support::run(app, options, argc, argv, [&] {
    const Device device = options.target();
    const nn::models::SqueezeNet net = support::trained_squeezenet(pictures.weights);
    net.to(device);
    net.requires_grad_(false);
    const Tensor photograph = pictures.photograph(pictures.size, device);
    const support::ScaledFeatures features(net.features(), support::style_layers, pictures.painting(device));
    const support::StyleObjective objective(features, support::content_layer, photograph, weights);
    const Tensor picture = start == "noise" ? rand_like(photograph) : photograph.clone();
    picture.requires_grad_();
    optim::LBFGS lbfgs({picture}, support::style_lbfgs);
    optim::Adam adam({picture}, {.lr = lr});
    training::Series losses{optimizer};
    const auto closure = [&] {
      picture.set_grad({});
      Tensor loss = objective(picture);
      loss.backward();
      losses.add(static_cast<double>(losses.x.size() + 1), loss.item());
      return loss;
    };

    for (std::int64_t done = 0; done < iterations;) {
      const std::int64_t next = std::min<std::int64_t>(done + 10, iterations);
      if (optimizer == "lbfgs") {
        lbfgs.options().max_iter = next - done;
        lbfgs.step(closure);
      } else {
        for (; done < next; ++done) closure(), adam.step();
      }
      done = next;
      std::printf("iteration %d: loss %.5g after %zu evaluations\n", static_cast<int>(done), losses.y.back(),
                  losses.y.size());
      std::fflush(stdout);
    }
    support::write_picture(options, "style_" + std::to_string(pictures.size), picture);
    support::write_plot(
        options, "style_loss",
        {.title = "style transfer", .x_label = "evaluation", .y_label = "loss", .series = {losses}, .log_y = true});
    return 0;
  });
}
