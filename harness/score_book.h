#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/core/prompt.h"
#include "harness/core/reporter.h"
#include "harness/item_numbers.h"
#include "harness/item_outcome.h"

namespace leitai {

/// A suite as the scores of a run rest on it.
struct BookSuite {
  std::string name;  // with subset
  std::string family;
  std::string version;
  std::string scorer;  // name@version
  std::string mode;    // "chat", ...
  double floor = 0;    // score of a guesser
};

/// A model as one run knows it.
struct BookModel {
  std::string id;
  std::string describe;
  std::map<std::string, std::string> protocol;  // parameter -> value, as wanted
  std::optional<PriceSource> prices{};
};

/// A suite that was stopped early in the comparison of two models (harness/early_stop.h).
struct BookStop {
  std::string suite, rule, first, second;
  std::string leader;  // "" while open
  double alpha = 0.05;
  double e_value = 1;
  std::int64_t items = 0, seen = 0, wins = 0, losses = 0, zeros = 0;
};

/// Where scores come from: a run, or files of answers.
struct BookSource {
  std::string name;  // for messages: "runs/x"
  std::vector<BookSuite> suites;
  std::vector<BookModel> models;
  std::vector<BookStop> stops;
};

/// Tells which suites are wanted; empty: all.
using SuiteFilter = std::function<bool(const std::string& suite)>;

/// Scores of several models on the same items, from one or several runs: what comparisons and gates
/// work on. About 85 bytes an item and 64 an item and model.
class ScoreBook {
 public:
  explicit ScoreBook(Reducer reducer = {}) : reducer_(reducer) {}

  struct Item {
    std::uint32_t suite = 0;  // index into suites()
    std::uint32_t kind = 0;   // index into kinds()
    std::string id;
    std::string pair;  // as Item::pair_key
  };

  /// Language and tags, kept once for all items that share them.
  struct Kind {
    std::string language;
    std::vector<std::string> tags;
    auto operator<=>(const Kind&) const = default;
  };

  struct Column {
    BookModel model;
    std::vector<ItemOutcome> outcomes;           // by item; samples = 0 where nothing is stored
    std::map<std::string, std::int64_t> served;  // answers by the served model's name
    std::string currency;                        // "" when nothing was paid or several were used
    std::set<std::string> stopped;               // suites that early stopping left before their end
    std::int64_t doubled = 0;  // items answered in several sources; the first counts
  };

  /// Reads the models that `columns` names: id in the source -> id here. Several calls for one
  /// column add to it. Throws Error where a source graded a suite with another scorer or holds
  /// another version of it than a source before.
  void add(const RunReader& run, const BookSource& source,
           const std::map<std::string, std::string>& columns, const SuiteFilter& wants = {});

  const std::vector<BookSuite>& suites() const { return suites_; }
  const std::vector<Item>& items() const { return items_; }
  const std::vector<Kind>& kinds() const { return kinds_; }
  const std::vector<Column>& columns() const { return columns_; }
  const std::vector<BookStop>& stops() const { return stops_; }

  /// Throws Error where there is none.
  const Column& column(const std::string& id) const;

  const Reducer& reducer() const { return reducer_; }

  /// "gsm8k/17"
  std::string name_of(std::size_t item) const;

 private:
  std::uint32_t suite_index(const BookSource& source, const std::string& name);
  std::uint32_t item_index(std::uint32_t suite, const std::string& id);
  Column& open_column(const BookSource& source, const std::string& from, const std::string& to);

  Reducer reducer_;
  std::vector<BookSuite> suites_;
  std::vector<std::string> suite_source_;  // that told of it first
  std::vector<Item> items_;
  std::vector<Kind> kinds_;
  std::map<Kind, std::uint32_t> kind_index_;
  ItemNumbers numbers_;  // of items_
  std::vector<Column> columns_;
  std::vector<BookStop> stops_;
};

}  // namespace leitai
