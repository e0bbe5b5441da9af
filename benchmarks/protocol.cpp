// Reads requests from the standard input and answers in lines of JSON.

#include "protocol.h"

#include <exception>
#include <iostream>
#include <regex>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace bench {
namespace {

using nlohmann::json;

json answer(const Service& service, const std::string& request) {
  try {
    const auto word = service.words.find(request);
    if (word != service.words.end()) return word->second();
    static const std::regex form("run (.+) (\\S+) (\\d+)");  // names have spaces
    std::smatch part;
    if (!std::regex_match(request, part, form)) {
      throw std::invalid_argument("expected \"list\" or \"run NAME MODE SAMPLES\", got \"" + request + "\"");
    }
    return service.run(part[1], part[2], std::stoi(part[3]));
  } catch (const std::exception& e) {
    return {{"error", e.what()}};
  }
}

}  // namespace

void serve(const Service& service) {
  for (std::string request; std::getline(std::cin, request);) std::cout << answer(service, request) << std::endl;
}

}  // namespace bench
