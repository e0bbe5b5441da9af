// Progress lines and bars.

#include <reel/training/progress.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ostream>
#include <string>

#include <reel/tensor/core/check.h>

namespace reel::training {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr std::int64_t kBarWidth = 24;

/// "0:07", "12:30" or "1:02:03".
std::string clock_time(double seconds) {
  const auto s = std::llround(seconds);
  return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                  : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

/// " [=====>    ]".
std::string bar(std::int64_t done, std::int64_t all) {
  const std::int64_t full = done * kBarWidth / all;
  return fmt::format(" [{:=<{}}{:<{}}]", "", full, full < kBarWidth ? ">" : "", kBarWidth - full);
}

}  // namespace

Progress::Progress(std::ostream& out, ProgressOptions options) : out_(out), options_(std::move(options)) {
  check<ValueError>(options_.epochs >= 1 && options_.batches >= 1 && options_.lines_per_epoch >= 0,
                    "Progress: expected at least 1 epoch, 1 batch and 0 lines, got {}, {} and {}", options_.epochs,
                    options_.batches, options_.lines_per_epoch);
  start_ = epoch_start_ = now();
}

double Progress::now() const {
  if (options_.clock) return options_.clock();
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Progress::update(std::int64_t images, double loss, std::optional<double> accuracy) {
  const std::int64_t batch = done_ % options_.batches + 1;  // in this epoch
  ++done_;
  epoch_images_ += images;
  const double time = now();
  const bool last = batch == options_.batches;
  if (options_.terminal) {
    if (last || !drawn_ || time - *drawn_ >= kRedrawSeconds) {
      draw(loss, accuracy, time);
      drawn_ = time;
    }
  } else if (batch * options_.lines_per_epoch / options_.batches !=
             (batch - 1) * options_.lines_per_epoch / options_.batches) {
    draw(loss, accuracy, time);
  }
  if (last) {
    if (options_.lines_per_epoch == 0) clear();
    else if (options_.terminal) out_ << '\n';
    out_.flush();
    drawn_.reset();
    epoch_images_ = 0;
    epoch_start_ = time;
  }
}

void Progress::draw(double loss, std::optional<double> accuracy, double time) {
  const std::int64_t batch = (done_ - 1) % options_.batches + 1, epoch = (done_ - 1) / options_.batches + 1;
  const std::int64_t left = std::max<std::int64_t>(options_.epochs * options_.batches - done_, 0);
  const double speed = static_cast<double>(epoch_images_) / std::max(time - epoch_start_, 1e-9);
  const double eta = (time - start_) / static_cast<double>(done_) * static_cast<double>(left);
  out_ << (options_.terminal ? "\r" : "") << fmt::format("epoch {}/{}", epoch, options_.epochs)
       << (options_.terminal ? bar(batch, options_.batches) : "")
       << fmt::format("  batch {}/{}  loss {:.4f}", batch, options_.batches, loss)
       << (accuracy ? fmt::format("  accuracy {:.2f}%", 100 * *accuracy) : "")
       << fmt::format("  {:.0f} images/s  ETA {}", speed, clock_time(eta)) << (options_.terminal ? "\033[K" : "\n")
       << std::flush;
}

void Progress::clear() {
  if (!drawn_) return;
  out_ << "\r\033[K" << std::flush;
  drawn_.reset();
}

}  // namespace reel::training
