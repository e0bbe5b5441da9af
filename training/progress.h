#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>

namespace reel::training {

/// Options of Progress.
struct ProgressOptions {
  std::int64_t epochs = 1;             ///< How often the data is gone through.
  std::int64_t batches = 1;            ///< In one epoch.
  bool terminal = false;               ///< Redraw one line with a bar; else plain lines without control characters.
  std::int64_t lines_per_epoch = 4;    ///< How many plain lines an epoch gives; 0: none, and no bar stays.
  std::function<double()> clock = {};  ///< Seconds; a steady clock if not given.
};

/// Shows the progress of training: epoch, batch, loss, accuracy, images a second, and the time left (ETA).
///
///     training::Progress progress(std::cout, {.epochs = 8, .batches = loader.size(), .terminal = isatty(1)});
///     for (int epoch = 0; epoch < 8; ++epoch)
///       for (auto [images, labels] : loader) { ...; progress.update(images.size(0), loss.value(), accuracy.value()); }
class Progress {
 public:
  /// `out` must outlive the progress. A ValueError for counts below 1, or lines below 0.
  Progress(std::ostream& out, ProgressOptions options);

  /// One more batch of `images` is done; loss and accuracy (a share) are those to show, usually running means.
  void update(std::int64_t images, double loss, std::optional<double> accuracy = std::nullopt);
  /// Removes the bar, so that the caller can print; the next update draws it again. Plain lines stay.
  void clear();

 private:
  double now() const;
  void draw(double loss, std::optional<double> accuracy, double time);

  std::ostream& out_;
  ProgressOptions options_;
  std::int64_t done_ = 0;          // batches, of all epochs
  std::int64_t epoch_images_ = 0;  // images of this epoch
  double start_, epoch_start_;
  std::optional<double> drawn_;  // when the bar was last drawn; none: it is not on the screen
};

}  // namespace reel::training
