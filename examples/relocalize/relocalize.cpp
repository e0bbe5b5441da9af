// Shows where a camera is, and how it is turned, from one picture; run build/release/examples/relocalize [--help].
//
// A network learns the 6 degrees of freedom of a camera (camera relocalisation by pose regression) in each of three
// rooms that are drawn for it, and is tested on pictures from other poses. Its convolutions serve position and
// orientation, above them each has a branch of its own; the orientation is e = [sin, cos] of yaw, pitch and roll. The
// loss is the squared error of the position + beta * the squared error of e. --compare leaves these choices out one by
// one, --sweep varies beta.
#include "relocalization_pictures.h"
#include "relocalization_report.h"
#include "report.h"
#include "view_augmentation.h"

using namespace reel;
using namespace rooms;

/// Trains a network in a room and finds the poses of the test pictures.
Result train(const Variant& variant, const Scene& scene, const Camera& camera, const support::Options& options) {
  manual_seed(options.seed);
  const Device device = options.target();
  const PoseCode code(scene.room, variant.sin_cos);
  BranchNet net({.side = camera.side, .orientation_numbers = code.orientation_numbers(), .branched = variant.branched});
  net.to(device);
  optim::Adam adam(net.parameters(), {.lr = options.lr});
  data::DataLoader batches(scene.train, {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed});
  optim::CosineAnnealingLR schedule(adam, options.epochs * batches.size());
  training::Progress progress = support::quiet_progress(options, batches.size());
  Augmentation augment(camera, options.seed);
  Result result;
  for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    training::Mean mean_loss;
    net.train();
    for (data::Example batch : batches) {
      if (variant.augmented) batch = augment(batch);
      const Tensor poses = batch.target.to(device);
      const auto [position, orientation] = net(batch.data.to(device));
      const Tensor position_error = square(position - code.position(poses)).sum(1).mean();
      const Tensor orientation_error = square(orientation - code.orientation(poses)).sum(1).mean();
      const Tensor loss = position_error + variant.beta * orientation_error;
      adam.zero_grad();
      loss.backward();
      adam.step();
      schedule.step();
      mean_loss.add(loss.item(), static_cast<double>(poses.size(0)));
      progress.update(poses.size(0), mean_loss.value());
    }
    result.losses.push_back(mean_loss.value());
  }
  progress.clear();
  result.found = find_poses(net, code, scene.test.data, device);
  result.errors = median_errors(to_poses(scene.test.target), result.found);
  print_training(scene.room, variant, support::parameter_count(net), result);
  return result;
}

int main(int argc, char** argv) {
  CLI::App app("Learns to find a camera's pose from one picture, in rooms that are drawn for it.");
  support::Options options{.epochs = 24, .batch_size = 32, .lr = 7e-4};
  options.add_training(app);
  options.add_batches(app);
  std::int64_t views = 4000, tests = 500;
  Camera camera;
  double beta = 1;
  bool compare = false, sweep = false;
  app.add_option("--views", views, "Pictures of each room to train with")
      ->check(support::positive)
      ->capture_default_str();
  app.add_option("--tests", tests, "Pictures of each room to test on")->check(support::positive)->capture_default_str();
  app.add_option("--side", camera.side, "Pixels of a picture's side, a multiple of 8")
      ->check(support::positive)
      ->capture_default_str();
  app.add_option("--beta", beta, "Weight of the orientation's error")->check(support::positive)->capture_default_str();
  app.add_flag("--compare", compare, "Also train without branches, with raw angles, and without augmentation");
  app.add_flag("--sweep", sweep, "Train with beta from 0.01 to 100 instead, with branches and without")
      ->excludes("--compare");

  return support::run(app, options, argc, argv, [&] {
    BranchNet({.side = camera.side});  // refuses a side that it cannot take before the rooms are drawn
    const std::vector<Scene> scenes = make_scenes(views, tests, camera, options);
    const TrainAll train_all = [&](const Variant& variant) {
      Results results;
      for (const Scene& scene : scenes) results.push_back(train(variant, scene, camera, options));
      return results;
    };
    if (sweep) {
      support::write_plots(options, "relocalize_beta", sweep_beta(scenes, train_all));
      return 0;
    }
    std::vector<Variant> variants{{.name = "BranchNet", .beta = beta}};
    if (compare) {
      variants.push_back({.name = "single trunk", .branched = false, .beta = beta});
      variants.push_back({.name = "raw angles", .sin_cos = false, .beta = beta});
      variants.push_back({.name = "no augmentation", .augmented = false, .beta = beta});
    }
    std::vector<Results> results;
    for (const Variant& variant : variants) results.push_back(train_all(variant));
    print_table(scenes, variants, results);
    print_verdicts(variants, results);
    print_goal(scenes, results[0]);
    draw_poses(options, scenes, results[0]);
    return 0;
  });
}
