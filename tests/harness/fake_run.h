#pragma once

#include <string>
#include <vector>

#include "harness/core/reporter.h"

namespace leitai::test {

/// A run in memory: answers as they would be read from a store.
class FakeRun final : public RunReader {
 public:
  struct Answer {
    std::string model, suite, item;
    double score = 0;
    Outcome outcome = Outcome::Answered;
    int sample = 0;
    std::string pair, language;
    std::vector<std::string> tags;
    std::string served;
    std::string extracted;
  };

  /// Answers of a model come together, samples of an item follow one another.
  std::vector<Answer> answers;

  void add(const std::string& model, const std::string& suite, const std::string& marks) {
    for (std::size_t i = 0; i < marks.size(); ++i)
      answers.push_back({.model = model,
                         .suite = suite,
                         .item = std::to_string(i),
                         .score = marks[i] == '1' ? 1.0 : 0.0,
                         .outcome = marks[i] == 'x' ? Outcome::Failed : Outcome::Answered});
  }

  void each(Detail, const std::function<bool(const Record&)>& visit) const override {
    for (const Answer& one : answers) {
      Record record;
      record.request.model = one.model;
      record.request.suite = one.suite;
      record.request.item = one.item;
      record.request.sample = one.sample;
      record.response.outcome = one.outcome;
      record.response.usage.completion_tokens = 10;
      if (!one.served.empty()) record.response.served_model = one.served;
      if (one.outcome == Outcome::Failed) {
        record.response.failure = Failure{FailureKind::Server, "down", 503};
      } else {
        Score score;
        score.scorer = "exact@1";
        score.status = one.score >= 1 ? ScoreStatus::Correct : ScoreStatus::Incorrect;
        score.score = one.score;
        if (!one.extracted.empty()) score.extracted = one.extracted;
        record.score = score;
      }
      if (!visit(record)) return;
    }
  }
  void each_summary(const std::function<void(const ItemSummary&)>& visit) const override {
    for (const Answer& one : answers)
      visit({one.suite, one.item, one.language, one.tags, true, one.pair});
  }
  std::optional<Item> item(std::string_view, std::string_view) const override { return {}; }
};

}  // namespace leitai::test
