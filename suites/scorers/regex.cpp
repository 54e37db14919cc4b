#include "harness/core/regex.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/extractors/answer.h"
#include "suites/extractors/quasi_exact.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer regex_scorer;
constinit const Scorer regex_scorer = {.name = "regex",
                                       .version = 1,
                                       .help =
                                           "`pattern` matches; with `answer`, its last match "
                                           "(group 1 if it has one) equals an accepted answer",
                                       .grade = grade};

namespace {

constexpr int kMaxMatches = 10000;

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, regex_scorer);
  Score& score = prepared.score;
  if (!input.fields || !input.fields->contains("pattern") ||
      !(*input.fields)["pattern"].is_string())
    throw Error("pattern: missing; the scorer regex needs it");
  const Regex regex((*input.fields)["pattern"].get_ref<const std::string&>());
  if (prepared.is_decided) return score;
  const bool is_sound = is_valid_utf8(prepared.split.answer);
  const std::string text = is_sound ? prepared.split.answer : repair_utf8(prepared.split.answer);
  std::optional<Regex::Match> last;
  bool exhausted = false;
  std::size_t at = 0;
  for (int i = 0; i < kMaxMatches && at <= text.size(); ++i) {
    const auto match = regex.search(text, at, &exhausted);
    if (!match) break;
    last = match;
    if (input.gold.empty()) break;
    at = match->end;
    if (match->end == match->begin)
      at += at < text.size()
                ? static_cast<std::size_t>(decode_utf8(std::string_view(text).substr(at)).size)
                : 1;
  }
  if (exhausted) score.flags.push_back("match_limit");
  if (!last) {
    decide(
        score, ScoreStatus::NoAnswer,
        exhausted ? "the pattern gave up: too many ways to match" : "the pattern does not match");
    return score;
  }
  const bool has_group = !last->groups.empty() && last->groups[0];
  const auto [begin, end] = has_group ? *last->groups[0] : std::pair(last->begin, last->end);
  score.extracted = text.substr(begin, end - begin);
  score.tier = "pattern";
  if (is_sound) set_span(score, prepared.split, begin, end);
  if (input.gold.empty()) {
    decide(score, ScoreStatus::Correct,
           fmt::format("the pattern matches {}", in_quotes(*score.extracted)));
    return score;
  }
  for (const std::string& gold : input.gold) {
    if (!is_quasi_equal(*score.extracted, gold, input.language)) continue;
    decide(score, ScoreStatus::Correct, fmt::format("the last match equals {}", in_quotes(gold)));
    return score;
  }
  decide(score, ScoreStatus::Incorrect,
         fmt::format("the last match is {}, not {}", in_quotes(*score.extracted),
                     in_quotes(input.gold[0])));
  return score;
}

}  // namespace

}  // namespace leitai
