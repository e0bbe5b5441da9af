#pragma once

#include <functional>
#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

/// How the programs that measure talk to those that make tables of it (`tools/cpu_table`, `tools/gpu_table`).
namespace bench {

/// What a program answers.
struct Service {
  /// Requests of one word: "list" gives all rows, each with a name, a group and its modes.
  std::map<std::string, std::function<nlohmann::json()>> words;
  /// "run NAME MODE SAMPLES": {"samples_us": [...]}.
  std::function<nlohmann::json(const std::string& name, const std::string& mode, int samples)> run;
};

/// Answers each line of the standard input by a line of JSON on the standard output, until the input ends. What a
/// request throws is its answer: {"error": why}.
void serve(const Service& service);

}  // namespace bench
