// gpu_rows [--device cuda|cpu] [--tiny]: measures rows on request.
//
// A request is a line on the standard input, the reply a line of JSON on the standard output:
//
//     list                    all rows: name, group, precision, bytes, operations, modes
//     run NAME MODE SAMPLES   {"samples_us": [...]}, {"skipped": why} if Reel has no such operation, {"error": why}
//
// The row that was measured last stays ready until another one, or another mode of it, is asked for.

#include <algorithm>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "../protocol.h"
#include "measurement.h"

namespace {

using namespace reel;
using namespace reel::bench;
using nlohmann::json;

Rows all_rows(Sizes sizes) {
  Rows rows;
  add_ceiling_rows(rows, sizes);
  add_step_rows(rows, sizes);
  add_memory_rows(rows, sizes);
  add_layer_rows(rows, sizes);
  add_recurrent_rows(rows, sizes);
  add_product_rows(rows, sizes);
  add_host_rows(rows, sizes);
  return rows;
}

std::vector<Mode> modes(const Row& row) {
  if (default_device().is_cpu() || row.on_host) return {Mode::eager};
  return {Mode::eager, Mode::graph};
}

json description(const Row& row) {
  json names = json::array();
  for (const Mode mode : modes(row)) names.push_back(to_string(mode));
  return {{"name", row.name},   {"group", row.group},           {"precision", row.precision.label},
          {"bytes", row.bytes}, {"operations", row.operations}, {"modes", names}};
}

/// The rows, and the one that is ready.
class Bench {
 public:
  explicit Bench(Sizes sizes) : rows_(all_rows(sizes)) {}

  json list() const {
    json rows = json::array();
    for (const Row& row : rows_) rows.push_back(description(row));
    return rows;
  }

  json run(const std::string& name, const std::string& mode, int samples) try {
    const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& r) { return r.name == name; });
    if (row == rows_.end()) throw std::invalid_argument("there is no row \"" + name + "\"");
    for (const Mode known : modes(*row)) {
      if (to_string(known) == mode) return {{"samples_us", ready(*row, known).samples(samples)}};
    }
    throw std::invalid_argument("\"" + name + "\" has no mode \"" + mode + "\"");
  } catch (const DTypeError& e) {
    return {{"skipped", e.what()}};
  }

 private:
  Measurement& ready(const Row& row, Mode mode) {
    if (measurement_ && row_ == &row && mode_ == mode) return *measurement_;
    measurement_.reset();
    if (default_device().is_cuda()) cuda::empty_cache();  // others need the memory, too
    set_float32_precision(Float32Op::matmul, row.precision.products);
    set_float32_precision(Float32Op::conv, row.precision.convolutions);
    row_ = &row;
    mode_ = mode;
    return measurement_.emplace(row, mode);
  }

  Rows rows_;
  const Row* row_ = nullptr;
  Mode mode_ = Mode::eager;
  std::optional<Measurement> measurement_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string device = "cuda";
  Sizes sizes;
  CLI::App app("Measures operations and training steps on command; tools/gpu_table makes a table of them");
  app.add_option("--device", device, "Where to compute")->check(CLI::IsMember({"cuda", "cpu"}))->capture_default_str();
  app.add_flag("--tiny", sizes.tiny, "Tiny sizes, to see that all rows run");
  CLI11_PARSE(app, argc, argv);
  if (device == "cuda") {
    if (!cuda::is_available()) {
      std::cerr << "gpu_rows: no GPU can be used: " << cuda::unavailable_reason() << '\n';
      return 1;
    }
    set_default_device(Device::cuda());
  }
  manual_seed(1);
  Bench bench(sizes);
  ::bench::serve({.words = {{"list", [&] { return bench.list(); }}},
                  .run = [&](const std::string& name, const std::string& mode, int samples) {
                    return bench.run(name, mode, samples);
                  }});
}
