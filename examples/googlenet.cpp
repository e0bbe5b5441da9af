// Shows GoogLeNet and what its auxiliary classifiers are for; run build/release/examples/googlenet [--help].
//
// The loss is that of the main classifier plus 0.3 times that of each auxiliary one. A picture shows how large the
// gradients of the first layers are with and without the auxiliary losses, while a narrow network learns from
// CIFAR-10's photographs, enlarged to 64x64.
#include "photographs.h"
#include "report.h"

#include <reel/nn/models/googlenet.h>

using namespace reel;

/// The norm of the gradient of the parameters of the layers before the first auxiliary classifier.
double early_gradient(const nn::models::GoogLeNet& net, const Tensor& loss) {
  Tensors early;
  for (const auto& [name, p] : net.named_parameters()) {
    if (name.starts_with("conv") || name.starts_with("inception3") || name.starts_with("inception4a"))
      early.push_back(p);
  }
  double squares = 0;
  for (const Tensor& g : grad({loss}, early, {.retain_graph = true})) squares += square(g).sum().item();
  return std::sqrt(squares);
}

int main(int argc, char** argv) {
  CLI::App app("Trains GoogLeNet with its auxiliary classifiers on CIFAR-10.");
  support::Options options{.epochs = 20, .batch_size = 32, .lr = 0.01};
  options.add_training(app);
  options.add_seeds(app);
  options.add_batches(app);
  support::add_photographs(app, options);
  double width = 0.25, weight = 0.3;
  app.add_option("--width", width, "Factor of the channels")->check(support::positive)->capture_default_str();
  app.add_option("--aux-weight", weight, "Factor of the auxiliary losses")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();

  return support::run(app, options, argc, argv, [&] {
    std::printf("parameters: %lld, %lld without the auxiliary classifiers\n",
                static_cast<long long>(support::parameter_count(nn::models::GoogLeNet())),
                static_cast<long long>(support::parameter_count(nn::models::GoogLeNet({.aux_logits = false}))));
    const support::Photographs photographs = support::load_photographs(options);
    const auto enlarge = [](const Tensor& images) {
      return interpolate(images, {64, 64}, {.mode = InterpolateMode::bilinear});
    };
    support::Report report("googlenet", options);
    support::Curve main_alone, with_aux;
    support::for_each_seed(options, [&](std::uint64_t seed) {
      data::DataLoader batches(photographs.train,
                               {.batch_size = options.batch_size,
                                .shuffle = true,
                                .seed = seed,
                                .transforms = {data::RandomHorizontalFlip(), data::RandomShift(4), enlarge}});
      const Device device = options.target();
      nn::models::GoogLeNet net({.num_classes = 10, .width = width});
      net.to(device);
      optim::SGD sgd(net.parameters(), {.lr = options.lr, .momentum = 0.9});

      report.start(batches.size());
      std::int64_t steps = 0;
      for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
        net.train();
        for (auto [images, labels] : batches) {
          const Tensor target = labels.to(device);
          const auto [logits, aux1, aux2] = net.forward_with_aux(images.to(device));
          const Tensor main = cross_entropy(logits, target);
          const Tensor loss = main + weight * (cross_entropy(aux1, target) + cross_entropy(aux2, target));
          if (steps++ % 20 == 0) {
            main_alone.add(static_cast<double>(steps), early_gradient(net, main));
            with_aux.add(static_cast<double>(steps), early_gradient(net, loss));
          }
          sgd.zero_grad();
          loss.backward();
          sgd.step();
          report.step(main, logits, target);
        }
        nn::Sequential enlarged(enlarge, net);
        report.epoch(support::evaluate(enlarged, photographs.test, device));
      }
    });
    support::write_plot(options, "googlenet_gradients",
                        {.title = "gradient of the layers before the first auxiliary classifier",
                         .x_label = "step",
                         .y_label = "norm",
                         .series = {main_alone.series("main loss alone"), with_aux.series("with the auxiliary losses")},
                         .log_y = true});
    support::print_accuracy(report.finish());
    return 0;
  });
}
