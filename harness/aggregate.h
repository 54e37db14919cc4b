#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/leaderboard.h"
#include "harness/core/reporter.h"
#include "harness/item_outcome.h"

namespace leitai {

/// What an aggregate needs to know of an item beside its answers.
struct ItemFacts {
  std::string language;
  std::vector<std::string> tags;
  bool graded = true;  // a scorer is named
};

/// What a leaderboard needs to know of a run beside its answers.
struct BoardFacts {
  struct SuiteFacts {
    std::string name;  // with subset
    std::string family;
    std::string version;
    std::string scorer;        // name@version; "" when nothing is graded
    std::int64_t planned = 0;  // items for each model
    double floor = 0;          // score of a guesser
    std::string mode;          // "chat", ...; suites of two modes share no mean
  };
  struct ModelFacts {
    std::string id;
    std::string describe;
    std::map<std::string, std::string> protocol;  // parameter -> value, as wanted
  };
  std::uint64_t seed = 42;
  Reducer reducer;
  std::string title;
  std::string built_with;
  std::string created;
  bool partial = false;
  std::vector<SuiteFacts> suites;  // in the run's order
  std::vector<ModelFacts> models;
  std::vector<std::string> stopped;   // sentences about suites that were stopped early
  std::vector<std::string> cautions;  // sentences about who answered, kept with the run
};

/// Share of failed items above which a model is not ranked.
constexpr double kMostFailed = 0.005;

/// Records in, leaderboard out. Memory grows with models x suites x (languages + tags); of an item
/// it keeps about 20 bytes and 4 a model (ItemNumbers, BoardScores), 4 more where items differ in
/// language or tags.
///
/// An item's score is that of its samples that did not fail, reduced (their mean by default); `n`
/// counts items. A suite's interval is Wilson at 95 %. The mean over all, of models that are
/// ranked, is the index of BoardScores over the items that they have in common, with its interval
/// and ranks. Every other mean (family, language, tag) is the mean of the suites' means, so that a
/// large suite does not drown a small one; its interval takes the suites as independent and adds
/// their Wilson half-widths in squares, each side for itself.
class Aggregator {
 public:
  explicit Aggregator(Reducer reducer = {});
  ~Aggregator();
  Aggregator(const Aggregator&) = delete;
  Aggregator& operator=(const Aggregator&) = delete;

  /// Told before of an item that records will be about. `pair`: see BoardScores::add. Items that
  /// nobody tells of are graded, and have neither language nor tags.
  void know(std::string_view suite, std::string_view id, const ItemFacts& item,
            std::uint64_t pair = 0);

  /// Records come in the order of RunReader::each: the samples of an item follow one another.
  void add(const Record& record);
  void add(const Record& record, const ItemFacts& item, std::uint64_t pair = 0);

  /// Ranks and cautions. Models and suites that `facts` does not name are left out. Nothing may be
  /// added afterwards.
  Leaderboard finish(const BoardFacts& facts);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One pass over a run.
Leaderboard aggregate(const RunReader& run, const BoardFacts& facts);

}  // namespace leitai
