#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/item.h"
#include "harness/core/leaderboard.h"
#include "harness/core/response.h"
#include "harness/core/score.h"

namespace leitai {

/// One stored answer with its item and grade.
struct Record {
  Request request;
  Response response;
  std::optional<Score> score;
};

/// How much of a record is read.
enum class Detail {
  Facts,    // without texts, parameters and log-probabilities: what aggregates need
  Answers,  // all but the prompt
  Prompts,  // everything
};

/// What an aggregate needs to know of an item.
struct ItemSummary {
  std::string suite;
  std::string id;
  std::string language;
  std::vector<std::string> tags;
  bool is_graded = false;  // a scorer is named
  std::string pair_key;    // as Item::pair_key
};

/// Read access to a run for reports; they never see SQL.
class RunReader {
 public:
  virtual ~RunReader() = default;
  /// Calls `visit` for the newest response of every (model, suite, item, sample), ordered by these.
  /// Stops early when `visit` returns false.
  virtual void each(Detail detail, const std::function<bool(const Record&)>& visit) const = 0;
  /// Some item has more than one sample.
  virtual bool has_repeats() const { return true; }
  /// As each(Detail::Facts), in any order.
  virtual void each_fact(const std::function<bool(const Record&)>& visit) const {
    each(Detail::Facts, visit);
  }
  /// Calls `visit` for every stored item.
  virtual void each_summary(const std::function<void(const ItemSummary&)>& visit) const = 0;
  virtual std::optional<Item> item(std::string_view suite, std::string_view id) const = 0;
};

/// How a report is drawn.
struct Style {
  int width = 120;  // terminal cells
  bool color = false;
  bool ascii = false;  // glyph twins, for locales that are not UTF-8
  bool ambiguous_wide = false;
};

/// The file is the registration: reports/formats/<name>.cpp defines `extern constinit const
/// Reporter <name>_reporter`.
struct Reporter {
  std::string_view name;       // "markdown"
  std::string_view extension;  // "md"
  std::string_view help;
  std::string (*write)(const Leaderboard&, const Style&);
};

}  // namespace leitai
