#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/config.h"
#include "harness/core/backend.h"
#include "harness/core/channel.h"
#include "harness/core/suite.h"
#include "harness/plan.h"
#include "harness/progress.h"

namespace leitai {

class Budget;
class EarlyStop;
class EventLog;

/// An answer with its grade, on its way into the store.
struct Recorded {
  Request request;
  Response response;
  std::optional<Score> score;
  Item item;
  bool is_stored = false;      // without its grade, which is all that is to be stored
  std::int64_t stored_id = 0;  // its request in the store, if an earlier call stored it
  std::int64_t position = 0;   // of the item in the suite's order
};

/// What the runner needs from outside: pure values and functions, so that it can be driven by
/// fakes.
struct RunParts {
  const RunConfig* config = nullptr;
  std::span<const std::unique_ptr<Suite>> suites;
  struct Competitor {
    const Model* model = nullptr;
    Backend* backend = nullptr;
  };
  std::vector<Competitor> competitors;
  Channel<Answer>* answers = nullptr;  // the channel that the backends were made with
  DoneLookup done;
  /// Called from several threads.
  std::function<std::optional<Score>(const Item&, const Response&)> grade;
  /// Whether programs are run to grade this item, which may take minutes: then the answer is stored
  /// first and its grade when it comes. May be empty: no item is.
  std::function<bool(const Item&)> grades_late;
  /// Visits the answers that an earlier call stored without a grade, until told to stop (false).
  /// Called from a thread of its own; may be empty.
  std::function<void(const std::function<bool(Recorded)>&)> each_ungraded;
  /// Ends what `grade` runs for late grades; their scores are InfraError then. May be empty.
  std::function<void()> abandon_grades;
  /// Commits durably; called from one thread. Throws Error (full disk, ...): the run then stops.
  std::function<void(std::span<const Recorded>)> record;
  /// Ends a suite early; null: everything is asked. Models are taken in their order here.
  EarlyStop* stop = nullptr;
  Budget* budget = nullptr;  // null: none
  Progress* progress = nullptr;
  EventLog* log = nullptr;
  std::string log_path;  // shown beside the progress
  /// Number of interrupts so far; the first stops sending, the second stops at once.
  std::function<int()> interrupts;
};

struct RunResult {
  std::int64_t planned = 0;   // requests of the whole plan
  std::int64_t resumed = 0;   // had a stored answer already
  std::int64_t asked = 0;     // stored by this call
  std::int64_t failed = 0;    // of these, failed
  std::int64_t ungraded = 0;  // stored, but their grading was broken off
  bool interrupted = false;
  std::string stopped_because;                // a budget that was reached; "" if none
  double asking_s = 0;                        // how long this call asked
  std::map<std::string, double> asking_s_of;  // likewise, by model id
};

/// Asks what has no stored answer, grades and stores. Order of arrival never changes a result.
RunResult run(const RunParts& parts);

}  // namespace leitai
