#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "suites/extractors/answer.h"
#include "suites/extractors/math_answer.h"
#include "suites/math/equivalence.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer math_scorer;
constinit const Scorer math_scorer = {
    .name = "math",
    .version = 2,
    .help = "the expression that the answer gives, equal in value or form",
    .grade = grade};

namespace {

/// Places the points of the identity test: the same gold answer, the same points.
std::uint64_t seed_of(std::string_view gold) {
  std::uint64_t hash = 0xCBF29CE484222325ull;  // FNV-1a
  for (char c : gold) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return hash;
}

bool is_unreduced(const math::Reading& answer) {
  if (!answer.node || !answer.node->is(math::Kind::Divide)) return false;
  const auto& kids = answer.node->kids;
  const auto& above = kids[0].rational;
  const auto& below = kids[1].rational;
  if (!above || !below || !above->is_integer() || !below->is_integer()) return false;
  const auto reduced = math::make_rational(above->num, below->num);
  return reduced && reduced->den != below->num;
}

/// Of "a+b = 7" in an answer's text, the 7: what an equation that computes a constant comes to.
std::optional<math::Node> computed(const math::Reading& answer, const math::Reading& gold) {
  const auto is_constant = [](const math::Node& node) {
    return node.is_expression() && math::variables_of(node).empty();
  };
  if (!gold.node || !is_constant(*gold.node) || !answer.node ||
      !answer.node->is(math::Kind::Relation) ||
      answer.node->text.find_first_not_of('=') != std::string::npos ||
      !is_constant(answer.node->kids.back()))
    return std::nullopt;
  return answer.node->kids.back();
}

enum class Source { Bare, Text };

void judge(Score& score, std::string_view answer, std::span<const std::string> golds,
           Source source) {
  if (golds.empty()) {
    decide(score, ScoreStatus::Incorrect, "there is no gold answer to compare with");
    score.score = std::nullopt;
    return;
  }
  const math::Reading given = math::read(answer);
  for (const std::string& gold : golds) {
    const math::Reading wanted = math::read(gold);
    math::Verdict verdict = math::compare(given, wanted, seed_of(gold));
    if (!verdict.is_equal && source == Source::Text) {
      if (const auto value = computed(given, wanted))
        verdict = {math::are_equal(*wanted.node, *value, seed_of(gold)), "right side"};
    }
    if (!verdict.is_equal) continue;
    if (is_unreduced(given)) score.flags.push_back("unreduced");
    decide(score, ScoreStatus::Correct,
           fmt::format("{} equals {} ({})", in_quotes(answer), in_quotes(gold), verdict.rule));
    return;
  }
  decide(score, ScoreStatus::Incorrect,
         fmt::format("{} is not {}", in_quotes(answer), in_quotes(golds[0])));
}

Score grade(const GradeInput& input) {
  if (input.fields != nullptr && input.fields->contains("answer")) {
    const auto& answer = (*input.fields)["answer"];
    if (!answer.is_string()) throw Error("answer: a string is wanted");
    Score score;
    score.scorer = fmt::format("{}@{}", math_scorer.name, math_scorer.version);
    score.extracted = answer.get<std::string>();
    judge(score, *score.extracted, input.gold, Source::Bare);
    return score;
  }
  Prepared prepared = prepare(input, math_scorer);
  Score& score = prepared.score;
  if (prepared.is_decided) return score;
  const Folded folded = fold(prepared.split.answer);
  const MathAnswer found = math_answer(prepared.split.answer, folded, {prepared.split.truncated});
  score.tier = found.tier;
  score.flags.insert(score.flags.end(), found.flags.begin(), found.flags.end());
  if (found.status) {
    decide(score, *found.status,
           *found.status == ScoreStatus::Refused ? "the answer declines and gives no expression"
           : prepared.split.truncated            ? "cut off before an answer was declared"
                                                 : "no expression found");
    return score;
  }
  score.extracted = found.extracted;
  set_span(score, prepared.split, found.begin, found.end);
  judge(score, found.extracted, input.gold, Source::Text);
  return score;
}

}  // namespace

}  // namespace leitai
