#include "harness/cli/workbench.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/json_depth.h"
#include "harness/core/text.h"

namespace leitai::cli {

int serve_lines(const std::optional<std::string>& in_file,
                const std::function<std::string(const nlohmann::ordered_json&)>& answer) {
  std::ifstream file;
  if (in_file) {
    file.open(*in_file, std::ios::binary);
    if (!file)
      throw Error(fmt::format("--in: {}: cannot be read: {}", *in_file, std::strerror(errno)));
  }
  std::ios::sync_with_stdio(false);
  std::istream& in = in_file ? static_cast<std::istream&>(file) : std::cin;
  for (std::string line; std::getline(in, line);) {
    if (trim(line).empty()) continue;
    std::string out;
    try {
      if (is_too_deep(line))
        throw Error(fmt::format("JSON nested more than {} deep", kMaxJsonDepth));
      const auto parsed = nlohmann::ordered_json::parse(line, nullptr, false);
      if (parsed.is_discarded()) throw Error("not a line of JSON");
      if (!parsed.is_object()) throw Error("a JSON object is wanted");
      out = answer(parsed);
    } catch (const FatalError&) {
      throw;
    } catch (const std::exception& error) {
      out = nlohmann::ordered_json{{"error", error.what()}}.dump(
          -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    }
    out += '\n';
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0)
      return errno == EPIPE ? 0 : 1;
  }
  return 0;
}

}  // namespace leitai::cli
