// Answers the requests of tools/cpu_table with the rows of one library.

#include "program.h"

#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "../protocol.h"
#include "measurement.h"

namespace bench {
namespace {

using nlohmann::json;

json description(const Row& row) {
  json modes = json::array();
  for (const Variant& variant : row.variants) modes.push_back(variant.name);
  return {{"name", row.name},     {"group", row.group},       {"bytes", row.bytes}, {"operations", row.operations},
          {"beside", row.beside}, {"modes", std::move(modes)}};
}

/// The rows, and the one that is ready.
class Bench {
 public:
  explicit Bench(Sizes sizes) : rows_(all_rows(sizes)), sample_(sizes.tiny ? 1e3 : 20e3) {}

  json list() const {
    json rows = json::array();
    for (const Row& row : rows_) rows.push_back(description(row));
    return rows;
  }

  json run(const std::string& name, const std::string& mode, int samples) {
    const Row& row = named(rows_, name, "row");
    const Variant& variant = named(row.variants, mode, "variant");
    if (variant_ != &variant) {
      variant_ = nullptr;
      ready_.reset();  // first, for both together may need more memory than there is
      ready_.emplace(row, variant, sample_);
      variant_ = &variant;
    }
    const Samples taken = ready_->samples(samples);
    return {{"samples_us", taken.us}, {"disturbed", taken.disturbed}};
  }

 private:
  Rows rows_;
  double sample_;
  const Variant* variant_ = nullptr;
  std::optional<Measurement> ready_;
};

}  // namespace

int run_program(int argc, char** argv, const Library& library) {
  int threads = 1;
  Sizes sizes;
  CLI::App app("Measures operations and training steps on command; tools/cpu_table makes a table of them");
  app.add_option("--threads", threads, "Threads to compute with")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_flag("--tiny", sizes.tiny, "Tiny sizes, to see that all rows run");
  CLI11_PARSE(app, argc, argv);
  library.set_num_threads(threads);
  Bench bench(sizes);
  serve({.words = {{"list", [&] { return bench.list(); }}, {"version", [&] { return json(library.name); }}},
         .run = [&](const std::string& name, const std::string& mode, int samples) {
           return bench.run(name, mode, samples);
         }});
  return 0;
}

}  // namespace bench
