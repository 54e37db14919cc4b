#include "suites/house/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/error.h"
#include "suites/house/house.h"

namespace leitai::house {

namespace {

constexpr std::int64_t kItems = 200;

}  // namespace

std::vector<int> levels_of(const std::string& name, const SuiteOptions& options) {
  if (options.levels.empty()) return {1, 2, 3, 4, 5};
  for (const int level : options.levels) {
    if (level < 1 || level > 5)
      throw Error(fmt::format("{}: level {} is not one of 1 to 5", name, level));
  }
  return options.levels;
}

SuiteInfo generated_info(const std::string& name, const std::string& language,
                         const SuiteOptions& options) {
  SuiteInfo out;
  out.name = name + "/" + language;
  out.family = house_family(name);
  out.kind = house_kind(name);
  out.language = language;
  out.licence = "Apache-2.0";
  out.publish = "full";
  out.params.max_tokens = options.max_tokens.value_or(1024);
  out.whole = options.items.value_or(kItems);
  out.size = out.whole;
  if (options.limit && *options.limit < 1)
    out.size = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::ceil(*options.limit * static_cast<double>(out.whole))));
  if (options.limit && *options.limit >= 1) {
    const auto limit = static_cast<std::int64_t>(*options.limit);
    out.size = options.items ? std::min(limit, *options.items) : limit;
    out.whole = std::max(out.whole, out.size);
  }
  return out;
}

}  // namespace leitai::house
