#include "suites/house/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "suites/house/house.h"

namespace leitai::house {

namespace {

constexpr std::int64_t kItems = 200;
constexpr int kSalts = 50;  // draws of an item before a repetition is taken

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

std::string generated_version(std::string_view version, const SuiteOptions& options) {
  std::string out(version);
  if (!options.levels.empty()) out += fmt::format("+levels{}", fmt::join(options.levels, "."));
  if (options.short_prompt.value_or(false)) out += "+short";
  return out + seed_in_version(options.seed.value_or(kUsualSeed));
}

std::string seed_in_version(std::uint64_t seed) {
  return seed == kUsualSeed ? "" : fmt::format("+seed{}", seed);
}

int Draws::of(std::int64_t item, const Said& said) {
  std::lock_guard guard(mutex_);
  while (static_cast<std::int64_t>(salts_.size()) <= item) {
    const auto at = static_cast<std::int64_t>(salts_.size());
    int salt = 0;
    while (salt < kSalts && !said_.insert(hash64({said(at, salt)})).second) ++salt;
    salts_.push_back(static_cast<std::uint8_t>(salt % kSalts));
  }
  return salts_[static_cast<std::size_t>(item)];
}

}  // namespace leitai::house
