// Shows two networks that train each other, PyTorch's C++ example DCGAN; run build/release/examples/dcgan [--help].
//
// The generator makes digits of noise, by transposed convolutions; the discriminator tells them from real ones
// (Radford, Metz, Chintala 2015).
#include <sstream>

#include <reel/data/atomic_file.h>

#include "digits.h"

using namespace reel;

namespace fs = std::filesystem;

constexpr std::int64_t kNoise = 100;

nn::Sequential make_generator() {
  return nn::Sequential(
      nn::ConvTranspose2d(kNoise, 256, 4, {.bias = false}), nn::BatchNorm2d(256), nn::ReLU(),
      nn::ConvTranspose2d(256, 128, 3, {.stride = 2, .padding = 1, .bias = false}), nn::BatchNorm2d(128), nn::ReLU(),
      nn::ConvTranspose2d(128, 64, 4, {.stride = 2, .padding = 1, .bias = false}), nn::BatchNorm2d(64), nn::ReLU(),
      nn::ConvTranspose2d(64, 1, 4, {.stride = 2, .padding = 1, .bias = false}), nn::Tanh());
}

nn::Sequential make_discriminator() {
  return nn::Sequential(nn::Conv2d(1, 64, 4, {.stride = 2, .padding = 1, .bias = false}), nn::LeakyReLU(0.2),
                        nn::Conv2d(64, 128, 4, {.stride = 2, .padding = 1, .bias = false}), nn::BatchNorm2d(128),
                        nn::LeakyReLU(0.2), nn::Conv2d(128, 256, 4, {.stride = 2, .padding = 1, .bias = false}),
                        nn::BatchNorm2d(256), nn::LeakyReLU(0.2), nn::Conv2d(256, 1, 3, {.bias = false}), nn::Sigmoid(),
                        [](const Tensor& x) { return x.flatten(); });
}

/// The weights that the paper starts from.
void initialise(nn::Module& module) {
  if (const auto conv = module.as<nn::Conv2d>()) nn::init::normal_(conv->weight, 0, 0.02);
  if (const auto conv = module.as<nn::ConvTranspose2d>()) nn::init::normal_(conv->weight, 0, 0.02);
  if (const auto norm = module.as<nn::BatchNorm2d>()) nn::init::normal_(norm->weight, 1, 0.02);
}

/// Writes images [N, 1, H, W] with values in [-1, 1] as one grey picture (PGM), eight in a row.
void write_grid(const std::string& path, const Tensor& images) {
  constexpr std::int64_t kColumns = 8;
  const std::int64_t rows = images.size(0) / kColumns, height = images.size(2), width = images.size(3);
  const Tensor grid = images.reshape({rows, kColumns, height, width}).permute({0, 2, 1, 3});
  const Tensor bytes = clamp(grid * 127.5 + 127.5, 0, 255).to(DType::u8).cpu().contiguous();
  std::ostringstream out;
  out << "P5\n" << kColumns * width << ' ' << rows * height << "\n255\n";
  out.write(static_cast<const char*>(bytes.data()), bytes.numel());
  data::write_file(path, out.str());
  std::cout << "wrote " << path << '\n';
}

int main(int argc, char** argv) {
  CLI::App app("Trains a generator of handwritten digits against a discriminator.");
  support::Options options{.epochs = 30, .batch_size = 64, .lr = 2e-4};
  options.add_training(app);
  options.add_digits(app);
  bool restore = false;
  app.add_flag("--restore", restore, "Go on from the checkpoint in the folder of pictures");

  return support::run(app, options, argc, argv, [&] {
    data::DataLoader loader(support::load_digits(options).train, {.batch_size = options.batch_size,
                                                                  .shuffle = true,
                                                                  .drop_last = true,
                                                                  .seed = options.seed,
                                                                  .transforms = {data::Normalize({0.5}, {0.5})}});
    const Device device = options.target();
    nn::Sequential generator = make_generator(), discriminator = make_discriminator();
    generator.apply(initialise);
    discriminator.apply(initialise);
    generator.to(device);
    discriminator.to(device);
    optim::Adam generator_optimizer(generator.parameters(), {.lr = options.lr, .betas = {0.5, 0.999}});
    optim::Adam discriminator_optimizer(discriminator.parameters(), {.lr = options.lr, .betas = {0.5, 0.999}});

    training::Checkpoint checkpoint;
    checkpoint.add("generator", generator).add("discriminator", discriminator);
    checkpoint.add("generator_optimizer", generator_optimizer).add("discriminator_optimizer", discriminator_optimizer);
    checkpoint.add("data", loader);
    fs::create_directories(options.out);
    const std::string saved = fs::path(options.out) / "dcgan.safetensors";
    if (restore) checkpoint.load(saved);

    while (loader.epoch() < options.epochs) {
      const std::int64_t epoch = loader.epoch() + 1;
      training::Mean generator_loss, discriminator_loss;
      for (const auto& batch : loader) {
        const Tensor real = batch.data.to(device);
        const std::int64_t n = real.size(0);

        // The discriminator learns to tell real images, whose labels are smoothed, from made ones.
        discriminator.zero_grad();
        const Tensor real_labels = rand({n}) * 0.2 + 0.8;
        const Tensor real_loss = binary_cross_entropy(discriminator(real), real_labels);
        real_loss.backward();
        const Tensor fake = generator(randn({n, kNoise, 1, 1}));
        const Tensor fake_loss = binary_cross_entropy(discriminator(fake.detach()), zeros({n}));
        fake_loss.backward();
        discriminator_optimizer.step();

        // The generator learns to make images that pass for real.
        generator.zero_grad();
        const Tensor loss = binary_cross_entropy(discriminator(fake), ones({n}));
        loss.backward();
        generator_optimizer.step();

        discriminator_loss.add(real_loss.item() + fake_loss.item());
        generator_loss.add(loss.item());
      }
      std::printf("epoch %lld: discriminator loss %.4f, generator loss %.4f\n", static_cast<long long>(epoch),
                  discriminator_loss.value(), generator_loss.value());
      std::fflush(stdout);
      const NoGradGuard no_grad;
      write_grid((fs::path(options.out) / ("dcgan_" + std::to_string(epoch) + ".pgm")).string(),
                 generator(randn({64, kNoise, 1, 1})));
      checkpoint.save(saved);
    }
    return 0;
  });
}
