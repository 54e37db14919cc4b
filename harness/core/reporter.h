#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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

/// Read access to a run for reports; they never see SQL.
class RunReader {
 public:
  virtual ~RunReader() = default;
  /// Calls `visit` for the newest response of every (model, suite, item, sample), ordered by these.
  /// Request::prompt is filled only if `with_prompts`. Stops early when `visit` returns false.
  virtual void each(bool with_prompts, const std::function<bool(const Record&)>& visit) const = 0;
  virtual std::optional<Item> item(std::string_view suite, std::string_view id) const = 0;
};

/// How a report is drawn.
struct Style {
  int width = 120;     // terminal cells
  bool color = false;
  bool ascii = false;  // glyph twins, for locales that are not UTF-8
  bool ambiguous_wide = false;
};

/// The file is the registration: reports/formats/<name>.cpp defines `extern constinit const Reporter <name>_reporter`.
struct Reporter {
  std::string_view name;       // "markdown"
  std::string_view extension;  // "md"
  std::string_view help;
  std::string (*write)(const Leaderboard&, const Style&);
};

}  // namespace leitai
