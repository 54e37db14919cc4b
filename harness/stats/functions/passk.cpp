#include "harness/stats/passk.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"
#include "harness/stats/quantile.h"

namespace leitai {
namespace {

void check(std::int64_t n, std::int64_t c) {
  want(n >= 1 && n <= 100'000'000, "n must be at least 1");
  want(c >= 0 && c <= n, "c must lie between 0 and n");
}

nlohmann::json pass(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto n = fields.get<std::int64_t>("n"), c = fields.get<std::int64_t>("c"),
             k = fields.get<std::int64_t>("k");
  check(n, c);
  want(k >= 1, "k must be at least 1");
  return {{"pass_at_k", or_null(pass_at_k(n, c, k))},
          {"pass_hat_k", or_null(pass_hat_k(n, c, k))},
          {"plug_in_biased", pass_at_k_plug_in(n, c, k)}};
}

/// `n` is one number for all items, or a list.
nlohmann::json suite_pass(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto c = fields.get<std::vector<std::int64_t>>("c");
  const auto all_n = fields.get<nlohmann::json>("n");
  const auto n = all_n.is_array() ? fields.get<std::vector<std::int64_t>>("n")
                                  : std::vector(c.size(), fields.get<std::int64_t>("n"));
  const auto k = fields.get<std::int64_t>("k");
  want(n.size() == c.size(), "n and c must be equally long");
  want(k >= 1, "k must be at least 1");
  std::vector<double> values;
  for (std::size_t i = 0; i < c.size(); ++i) {
    check(n[i], c[i]);
    const std::optional<double> value = pass_at_k(n[i], c[i], k);
    if (!value) return {{"mean", nullptr}, {"se", nullptr}};
    values.push_back(*value);
  }
  if (values.empty()) return {{"mean", nullptr}, {"se", nullptr}};
  return {{"mean", sample_mean(values)}, {"se", or_null(standard_error(values))}};
}

nlohmann::json majority(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto answers = fields.get<nlohmann::json>("answers");
  want(answers.is_array() && answers.size() <= 1000, "answers must be a list of at most 1000");
  const auto text = [](const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  std::vector<std::optional<std::string>> votes;
  for (const auto& answer : answers)
    votes.push_back(answer.is_null() ? std::nullopt : std::optional(text(answer)));
  nlohmann::json winners = nlohmann::json::object(), expected = nlohmann::json::object();
  const bool graded = fields.has("gold");
  const std::string gold = graded ? text(fields.get<nlohmann::json>("gold")) : std::string();
  for (std::size_t k = 1; k <= votes.size(); ++k) {
    const auto winner = majority_of_first(votes, k);
    winners[std::to_string(k)] = winner ? answers[*winner] : nlohmann::json(nullptr);
    if (graded) expected[std::to_string(k)] = expected_majority(votes, gold, k);
  }
  nlohmann::json out = {{"winner_first_k_ties_earliest", winners}};
  if (graded) out["expected_maj_at_k_random_subset_ties_shared"] = expected;
  return out;
}

constexpr StatFunction kFunctions[] = {{"pass_at_k", pass},
                                       {"suite_pass_at_k", suite_pass},
                                       {"majority_vote", majority},
                                       {"majority_vote_with_missing", majority}};

}  // namespace

extern constinit const StatSubject passk_subject;
constinit const StatSubject passk_subject = {"passk", kFunctions};

}  // namespace leitai
