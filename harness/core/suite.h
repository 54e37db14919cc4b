#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/item.h"
#include "harness/core/model.h"

namespace leitai {

/// What the user wants of one suite. Each suite says which of these it knows (see suites/loader.h).
struct SuiteOptions {
  std::vector<std::string> subsets;
  std::vector<std::string> languages;
  std::vector<int> levels;            // house suites
  std::optional<std::int64_t> items;  // generated suites: how many an language
  std::optional<std::uint64_t>
      seed;                     // generated suites and few-shot drawing; default: the run's seed
  std::optional<double> limit;  // >= 1: items a subset; in (0, 1): that share
  std::optional<int> few_shot;
  std::optional<Mode> mode;
  std::optional<int> max_tokens;
  std::optional<std::string> options;      // choice suites: "shuffle" or "circular"
  std::optional<std::string> from, until;  // suites with dates: the first day, and the day after
                                           // the last; a month is its first day
  std::optional<bool> short_prompt;  // house suites: the bare question with a one-line instruction
};

/// What is the same for all items of a (sub)suite.
struct SuiteInfo {
  std::string name;      // with subset, as in Item::suite
  std::string version;   // generator or data revision; changes when items or prompts change
  std::string family;    // "reasoning", "multilingual", "coding", "own"
  std::string kind;      // "number", "choice", "text", ... for `ls suites`
  std::string language;  // "" when mixed
  std::string licence;
  std::string publish = "ids";  // none | ids | full: what a public report may show
  Mode mode = Mode::Chat;
  SamplingParams params;   // what the suite wants where the model does not say (max_tokens, stop)
  std::int64_t size = 0;   // items that will be asked, after limit
  std::int64_t whole = 0;  // items there are without limit
  double floor = 0;        // score of a guesser, in [0, 1]
  std::vector<std::string> cautions;  // in whole sentences: why scores do not compare with others'
};

/// The suite that a subset belongs to: "mgsm" of "mgsm/zh", "house/ledger" of "house/ledger/zh".
inline std::string base_of_suite(const std::string& name) {
  const std::size_t from = name.starts_with("house/") ? 6 : 0;
  return name.substr(0, name.find('/', from));
}

/// A suite: items by position, each made when asked for. Implementations are immutable and
/// thread-safe.
class Suite {
 public:
  virtual ~Suite() = default;
  virtual const SuiteInfo& info() const = 0;

  /// The item at position `index` in [0, info().size). Deterministic: the same bytes on every
  /// machine.
  virtual Item item(std::int64_t index) const = 0;
};

}  // namespace leitai
