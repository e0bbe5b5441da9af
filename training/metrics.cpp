// Metrics of a training.

#include <reel/training/metrics.h>

#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/reduction.h>

namespace reel::training {

void Accuracy::add(const Tensor& outputs, const Tensor& labels) {
  detail::check_defined("Accuracy", outputs, "the outputs");
  detail::check_defined("Accuracy", labels, "the labels");
  check<ShapeError>(outputs.dim() == 2 && labels.dim() == 1 && outputs.size(0) == labels.size(0),
                    "Accuracy: expected outputs [N, classes] and labels [N], got shapes {} and {}", outputs.shape(),
                    labels.shape());
  const Tensor classes = detail::as_i64("Accuracy", "labels", labels);
  correct_ += eq(outputs.detach().argmax(1), classes).sum().item<std::int64_t>();
  count_ += labels.size(0);
}

}  // namespace reel::training
