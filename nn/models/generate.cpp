// Text from language models, token by token.

#include <reel/nn/models/generate.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/internal/checks.h>
#include <reel/tensor/core/option.h>

namespace reel::nn::models {
namespace {

void check_sampling(const SamplingOptions& options) {
  reel::detail::check_option("sample_token", "temperature", options.temperature, reel::detail::kFiniteAtLeastZero);
  reel::detail::check_at_least("sample_token", "top_k", options.top_k, 0);
  reel::detail::check_option("sample_token", "top_p", options.top_p, {0, 1, true});
}

}  // namespace

std::int64_t sample_token(const Tensor& logits, const SamplingOptions& options, Generator& generator) {
  check_sampling(options);
  reel::detail::check_rank("sample_token", "the logits", logits, 1);
  const std::vector<double> values = logits.detach().cpu().to_vector<double>();
  check<ValueError>(!values.empty() && std::none_of(values.begin(), values.end(), [](double v) { return v != v; }),
                    "sample_token: expected at least one logit and no NaN, got {} logits", values.size());
  const double largest = *std::max_element(values.begin(), values.end());
  check<ValueError>(std::isfinite(largest), "sample_token: expected a finite largest logit, got {}", largest);
  if (options.temperature == 0) {
    return std::max_element(values.begin(), values.end()) - values.begin();
  }

  std::vector<std::int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  const auto value_of = [&](std::int64_t i) { return values[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return value_of(a) > value_of(b); });
  if (options.top_k > 0) order.resize(std::min(order.size(), static_cast<std::size_t>(options.top_k)));
  std::vector<double> shares;  // running sums, not normalised
  for (const std::int64_t i : order) {
    const double share = std::exp((value_of(i) - largest) / options.temperature);
    shares.push_back(share + (shares.empty() ? 0 : shares.back()));
  }
  // The first place whose sum reaches the share is the last one kept.
  const auto reached = std::lower_bound(shares.begin(), shares.end(), options.top_p * shares.back());
  shares.resize(std::min(shares.size(), static_cast<std::size_t>(reached - shares.begin()) + 1));

  const Tensor draw = rand({1}, {.dtype = DType::f64, .device = Device::cpu()}, generator);
  const auto chosen = std::upper_bound(shares.begin(), shares.end(), draw.item<double>() * shares.back());
  return order[std::min(shares.size() - 1, static_cast<std::size_t>(chosen - shares.begin()))];
}

std::vector<std::int64_t> detail::generate(const std::function<Tensor(const Tensor&)>& next, std::int64_t max_positions,
                                           const std::vector<std::int64_t>& prompt, Device device,
                                           const GenerateOptions& options, Generator& generator) {
  check_sampling(options.sampling);
  reel::detail::check_at_least("generate", "max_new_tokens", options.max_new_tokens, 0);
  const auto length = static_cast<std::int64_t>(prompt.size());
  check<ValueError>(length >= 1 && length <= max_positions, "generate: expected a prompt of 1 to {} tokens, got {}",
                    max_positions, length);
  const NoGradGuard no_grad;
  const std::int64_t most = std::min(options.max_new_tokens, max_positions - length);
  std::vector<std::int64_t> out, fresh = prompt;
  while (static_cast<std::int64_t>(out.size()) < most) {
    const auto count = static_cast<std::int64_t>(fresh.size());
    const Tensor logits = next(tensor(fresh, {1, count}).to(device));
    const std::int64_t token = sample_token(logits.select(0, 0).select(0, count - 1), options.sampling, generator);
    if (std::find(options.stop_tokens.begin(), options.stop_tokens.end(), token) != options.stop_tokens.end()) break;
    out.push_back(token);
    if (options.on_token && !options.on_token(token)) break;
    fresh = {token};
  }
  return out;
}

}  // namespace reel::nn::models
