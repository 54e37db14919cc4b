#include "harness/item_outcome.h"

#include <fmt/format.h>

#include <utility>

#include "harness/core/answer_state.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/stats/passk.h"
#include "harness/stats/quantile.h"

namespace leitai {

Reducer parse_reducer(std::string_view text, std::string_view where) {
  if (text == "mean") return {};
  for (const auto& [prefix, kind] :
       {std::pair{"pass@", Reducer::Kind::PassAtK}, std::pair{"maj@", Reducer::Kind::MajAtK}}) {
    if (!text.starts_with(prefix)) continue;
    const auto k = parse_int(text.substr(std::string_view(prefix).size()));
    if (k && *k >= 1 && *k <= 1000) return {kind, static_cast<int>(*k)};
  }
  throw Error(
      fmt::format("{}: \"{}\" is none of mean, pass@K, maj@K (K from 1 to 1000)", where, text));
}

std::string to_text(const Reducer& reducer) {
  switch (reducer.kind) {
    case Reducer::Kind::PassAtK:
      return fmt::format("pass@{}", reducer.k);
    case Reducer::Kind::MajAtK:
      return fmt::format("maj@{}", reducer.k);
    case Reducer::Kind::Mean:
      break;
  }
  return "mean";
}

void SampleFold::add(const Response& response, const std::optional<Score>& score, bool is_graded) {
  ++outcome_.samples;
  outcome_.tokens += response.usage.completion_tokens.value_or(0);
  outcome_.total_ms += response.timing.total_ms.value_or(0);
  if (response.price) outcome_.cost += response.price->amount;
  if (is_failed(response, score)) {
    ++outcome_.failed;
    outcome_.refused_requests += response.failure && response.failure->kind == FailureKind::Request;
    return;
  }
  if (is_cut_off(response, score)) {
    ++outcome_.cut_off;
  } else if (is_refused(response, score)) {
    ++outcome_.refused;
  } else if (is_without_answer(response, score)) {
    ++outcome_.no_answer;
  }
  if (score && score->score) {
    scores_.push_back(*score->score);
  } else if (is_graded && (score || response.outcome != Outcome::Answered)) {
    scores_.push_back(0);
  } else {
    ++outcome_.ungraded;
    return;
  }
  if (reducer_.kind == Reducer::Kind::MajAtK)
    votes_.push_back(score ? score->extracted : std::nullopt);
}

std::optional<double> SampleFold::reduced() const {
  if (scores_.empty()) return std::nullopt;
  const auto n = static_cast<std::int64_t>(scores_.size());
  switch (reducer_.kind) {
    case Reducer::Kind::Mean:
      return sample_mean(scores_);
    case Reducer::Kind::PassAtK: {
      std::int64_t right = 0;
      for (const double score : scores_) right += score >= 1;
      return pass_at_k(n, right, reducer_.k);
    }
    case Reducer::Kind::MajAtK: {
      if (n < reducer_.k) return std::nullopt;
      const auto winner = majority_of_first(votes_, static_cast<std::size_t>(reducer_.k));
      if (winner) return scores_[*winner];
      // Without an extracted answer nothing can vote: a right answer then tells nothing.
      for (const double score : scores_)
        if (score > 0) return std::nullopt;
      return 0;
    }
  }
  return std::nullopt;
}

ItemOutcome SampleFold::finish() {
  if (const std::optional<double> score = reduced()) {
    outcome_.score = *score;
  } else if (!scores_.empty()) {
    ++outcome_.ungraded;
  }
  scores_.clear();
  votes_.clear();
  return std::exchange(outcome_, {});
}

}  // namespace leitai
