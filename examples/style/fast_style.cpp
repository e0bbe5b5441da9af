// Paints any photograph in the style of a painting in one pass; run build/release/examples/fast_style [--help].
//
// A network that turns photographs into pictures is trained for one painting (Johnson et al. 2016, "Perceptual losses
// for real-time style transfer"): what a trained SqueezeNet sees in its pictures shall be like what it sees in the
// photographs, and the channels of each layer shall be active together as in the painting. It learns from parts of
// photographs in random sizes. Then it paints one of them, and its time for a picture is compared with that of
// optimising the pixels, as `style` does.
#include "photograph_crops.h"
#include "stopwatch.h"
#include "style_images.h"
#include "style_objective.h"
#include "transform_network.h"

using namespace reel;

/// Trains the network, and draws its losses.
void train(support::TransformNetwork painter, const support::ScaledFeatures& features, support::PhotographCrops crops,
           std::int64_t steps, double beta, const support::Options& options) {
  Tensors grams;
  for (const Tensor& painted : features.painted()) grams.push_back(support::normalized_gram(painted));
  optim::Adam adam(painter.parameters(), {.lr = options.lr});
  optim::CosineAnnealingLR schedule(adam, steps);
  training::Series contents{"content"}, styles{"style"};
  for (std::int64_t step = 1; step <= steps; ++step) {
    const Tensor photographs = crops.draw(options.batch_size).to(options.target());
    const Tensor pictures = painter(photographs);
    const Tensors seen = features.of(pictures);
    const Tensor wanted = no_grad([&] { return features.of(photographs)[support::content_layer]; });
    const Tensor content = support::feature_loss(seen[support::content_layer], wanted);
    Tensor style = support::gram_loss(seen[0], grams[0]);
    for (std::size_t l = 1; l < seen.size(); ++l) style = style + support::gram_loss(seen[l], grams[l]);
    const Tensor loss = content + beta * style + support::total_variation(pictures);
    adam.zero_grad();
    loss.backward();
    adam.step();
    schedule.step();
    contents.add(static_cast<double>(step), content.item());
    styles.add(static_cast<double>(step), style.item());
    if (step % 50 == 0 || step == steps)
      std::printf("step %d: content %.4f, style %.5f\n", static_cast<int>(step), content.item(), style.item());
  }
  support::write_plot(options, "fast_style_loss",
                      {.title = "training the network",
                       .x_label = "step",
                       .y_label = "loss",
                       .series = {contents, styles},
                       .log_y = true});
}

/// Optimises the pixels as `style` does, up to the last of the counts or for so many seconds.
support::IterationTimes times_of_optimizing(const support::StyleObjective& objective, const Tensor& photograph,
                                            const std::vector<std::int64_t>& counts, double limit) {
  const Tensor picture = photograph.clone().requires_grad_();
  optim::LBFGS lbfgs({picture}, support::style_lbfgs);
  support::IterationTimes times(counts, limit);
  while (const std::int64_t iterations = times.next(10)) {
    lbfgs.options().max_iter = iterations;
    const Tensor before = lbfgs.step([&] {
      lbfgs.zero_grad();
      Tensor loss = objective(picture);
      loss.backward();
      return loss;
    });
    before.item();  // waits for the GPU
    times.add(iterations);
  }
  return times;
}

int main(int argc, char** argv) {
  CLI::App app("Trains a network that paints photographs in the style of a painting, and measures how fast it is.");
  support::Options options{.batch_size = 4, .lr = 2e-3};
  support::StylePictures files;
  std::string folder;
  std::int64_t steps = 1200, crop = 128, width = 16;
  double beta = 3, limit = 600;
  std::vector<std::int64_t> sizes{256, 512, 1024}, counts{100, 300, 500};
  options.add_batches(app);
  options.add_common(app);
  files.add_to(app);
  app.add_option("--photographs", folder, "Folder of photographs to learn from (else images/ in REEL_DATA)");
  app.add_option("--steps", steps, "Steps of training")->check(support::positive)->capture_default_str();
  app.add_option("--crop", crop, "Sides of the parts to learn from")->check(CLI::Range(32, 512))->capture_default_str();
  app.add_option("--width", width, "Channels of the first layer")->check(support::positive)->capture_default_str();
  app.add_option("--beta", beta, "Weight of the style")->check(CLI::NonNegativeNumber)->capture_default_str();
  app.add_option("--lr", options.lr, "Learning rate")->check(support::positive)->capture_default_str();
  app.add_option("--sizes", sizes, "Sizes to time")->delimiter(',')->check(CLI::Range(32, 4096))->capture_default_str();
  app.add_option("--counts", counts, "Iterations to compare with, ascending")
      ->delimiter(',')
      ->check(support::positive)
      ->capture_default_str();
  app.add_option("--limit", limit, "Seconds after which such a time is extrapolated")->check(support::positive);

  return support::run(app, options, argc, argv, [&] {
    if (!std::is_sorted(counts.begin(), counts.end())) throw ValueError("fast_style: expected ascending --counts");
    const Device device = options.target();
    const nn::models::SqueezeNet net = support::trained_squeezenet(files.weights);
    net.to(device);
    net.requires_grad_(false);
    const support::ScaledFeatures features(net.features(), support::style_layers, files.painting(device));
    support::TransformNetwork painter(width);
    painter.to(device);
    if (folder.empty()) folder = support::find_data("images", "--photographs");
    train(painter, features, {folder, files.painting_path(), crop, options.seed}, steps, beta, options);

    support::print_time_heading(counts);
    for (const std::int64_t size : sizes) {
      const Tensor whole = files.photograph(size, device);  // the network takes sides that 4 divides
      const Tensor photograph = data::center_crop(whole, whole.size(2) / 4 * 4, whole.size(3) / 4 * 4);
      const support::Stopwatch watch;
      const Tensor picture = no_grad([&] { return painter(photograph); });
      picture.max().item();  // waits for the GPU
      const double one_pass = watch.seconds();
      support::write_picture(options, "fast_style_" + std::to_string(size), picture);
      const support::StyleObjective objective(features, support::content_layer, photograph);
      support::print_times(size, one_pass, times_of_optimizing(objective, photograph, counts, limit));
    }
    return 0;
  });
}
