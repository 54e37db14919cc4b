#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "backends/replay/answer_lines.h"
#include "harness/core/reporter.h"

namespace leitai {

/// Files of recorded answers read as a run: with the grades that the lines carry, nothing is graded
/// anew. Holds some 70 bytes a line, which is read again when it is asked for. A line without
/// `item` gets an id made of its prompt.
class RecordedRun final : public RunReader {
 public:
  /// Reads a file. `as` renames its only model; "" takes the names of the lines, or the file's name
  /// where they have none. Throws Error with all malformed lines (the first 20), and where `as`
  /// meets several models.
  void add(const std::string& path, std::string_view as);

  /// Ids in the order in which they first appear.
  const std::vector<std::string>& models() const { return models_; }
  const std::vector<std::string>& suites() const { return suites_; }

  /// The scorer that graded a suite's answers, name@version; several joined by " + "; "" if none.
  std::string scorer(std::string_view suite) const;

  /// Whole sentences, such as doubled lines.
  const std::vector<std::string>& remarks() const { return remarks_; }

  void each(Detail detail, const std::function<bool(const Record&)>& visit) const override;
  void each_summary(const std::function<void(const ItemSummary&)>& visit) const override;
  std::optional<Item> item(std::string_view, std::string_view) const override { return {}; }

 private:
  /// A line, and what it is sorted by.
  struct Kept {
    std::string item;
    AnswerLine line;
    std::int32_t sample = 0;
    std::uint16_t file = 0, model = 0, suite = 0;  // indices
    bool is_graded = false;
  };
  Record record_of(const Kept& kept) const;
  auto key_of(const Kept& kept) const;

  std::vector<std::unique_ptr<AnswerLines>> files_;
  std::vector<Kept> kept_;  // sorted by (model, suite, item, sample), each once
  std::vector<std::string> models_, suites_;
  std::vector<std::set<std::string>> scorers_;  // by suite
  std::vector<std::string> remarks_;
};

}  // namespace leitai
